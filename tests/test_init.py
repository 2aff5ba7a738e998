"""Importing the package registers classes and changes nothing else in the process."""

import subprocess
import sys

CHECK = """
import logging, os, random, signal, socket, warnings
import cv2, matplotlib, numpy, torch, torch.hub, PIL.Image, mmengine.hooks, mmcv, mmpretrain
from mmengine.runner import CheckpointLoader
from mmpretrain.registry import MODELS

def state():
    return dict(
        environment=dict(os.environ),
        loaders={k: v for k, v in CheckpointLoader._schemes.items() if k != 'package://'},
        functions=[torch.load, torch.hub.load_state_dict_from_url, socket.socket, print, open],
        filters=list(warnings.filters),
        logging=(logging.root.level, list(logging.root.handlers), logging.getLoggerClass()),
        generators=(random.getstate(), str(numpy.random.get_state()), torch.get_rng_state().sum()),
        threads=(torch.get_num_threads(), cv2.getNumThreads()),
        defaults=(torch.get_default_dtype(), torch.is_grad_enabled(), PIL.Image.MAX_IMAGE_PIXELS),
        backends=(matplotlib.rcParams['backend'], torch.backends.cudnn.benchmark),
        signals=signal.getsignal(signal.SIGTERM),
    )

before = state()
import dsrb_mm
after = state()
print([name for name in before if before[name] != after[name]], MODELS.get('CSRLNeck').__name__)
"""


def test_nothing_in_the_process_changes():
    done = subprocess.run([sys.executable, '-c', CHECK], capture_output=True, text=True)
    assert done.stdout == '[] CSRLNeck\n', done.stderr


def test_importing_leaves_out_what_only_some_commands_need():
    check = 'import sys, dsrb_mm; print([n for n in ("sklearn", "matplotlib", "scipy.optimize") '
    check += 'if n in sys.modules])'
    done = subprocess.run([sys.executable, '-c', check], capture_output=True, text=True)
    assert done.stdout == '[]\n', done.stderr
