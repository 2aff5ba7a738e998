from collections import Counter

import numpy as np
import torch
from mmengine.logging import HistoryBuffer, MessageHub

from dsrb_mm.engine.checkpoints.plain_content import make_plain, restore_objects


def test_what_is_saved_loads_with_weights_only_and_comes_back(tmp_path):
    hub = MessageHub.get_instance('plain-checkpoint-test')
    for value in (3.0, 1.0, 2.0):
        hub.update_scalar('train/loss', value)
    hub.update_info('best', np.float64(4.5))
    hub.update_info('array', np.arange(3))
    checkpoint = dict(
        meta=dict(epoch=2, dataset_meta=dict(classes=('a', 'b'))),
        message_hub=hub.state_dict(),
        state_dict=dict(w=torch.ones(2)),
        param_schedulers=[dict(last_step=np.int64(3), milestones=Counter([10, 10, 15]))],
    )
    make_plain(checkpoint)
    torch.save(checkpoint, tmp_path / 'c.pth')
    loaded = torch.load(tmp_path / 'c.pth', weights_only=True)
    restore_objects(loaded)

    history = loaded['message_hub']['log_scalars']['train/loss']
    assert isinstance(history, HistoryBuffer)
    assert history.data[0].tolist() == [3.0, 1.0, 2.0]
    assert history.statistics('mean', 2) == 1.5
    assert loaded['message_hub']['runtime_info']['best'] == 4.5
    assert loaded['message_hub']['runtime_info']['array'].tolist() == [0, 1, 2]
    assert loaded['meta']['dataset_meta']['classes'] == ('a', 'b')
    assert loaded['param_schedulers'] == [dict(last_step=3, milestones={10: 2, 15: 1})]
    assert isinstance(loaded['param_schedulers'][0]['milestones'], Counter)
    other = MessageHub.get_instance('plain-checkpoint-test-2')
    other.load_state_dict(loaded['message_hub'])
    assert other.get_scalar('train/loss').current() == 2.0
