"""When trainings are killed; see killer.py for the moments.

Five epochs of three iterations; prototypes before epochs 3 and 5 (counted from 1), two checkpoints
kept. Each entry is a list of kills: the training is started, and resumed after every kill.
"""

from __future__ import annotations


def at(moment: str, count: int = 1, **kwargs) -> dict:
    return dict(moment=moment, count=count, **kwargs)


KILL_POINTS = {
    'before anything': [at('start')],
    'warm-up, first iteration': [at('train_step', 1)],
    'warm-up, second epoch': [at('train_step', 5)],
    'between backward and step': [at('optimizer_step', 4)],
    'blending': [at('train_step', 8)],
    'last iteration': [at('train_step', 15)],
    'prototypes, first batch': [at('prototype_batch', 1)],
    'prototypes, second time, second batch': [at('prototype_batch', 5)],
    'prototypes complete': [at('prototype_finish', 1)],
    'moving average half updated': [at('ema_update', 30, epoch=1)],
    'data-loading worker': [at('worker', 2, epoch=3)],
    'validation, first batch': [at('val_step', 1)],
    'validation, third epoch': [at('val_step', 6)],
    'validation of the last epoch': [at('val_step', 10)],
    'validated, best checkpoint not written': [at('metrics', 2)],
    'first checkpoint half written': [at('write', name='epoch_1.pth')],
    'third checkpoint half written': [at('write', name='epoch_3.pth')],
    'last checkpoint half written': [at('write', name='epoch_5.pth')],
    'first checkpoint written, not in place': [at('replace', name='epoch_1.pth')],
    'first checkpoint in place, no pointer': [at('replaced', name='epoch_1.pth')],
    'checkpoint in place, old pointer': [at('replaced', name='epoch_3.pth')],
    'pointer half written': [at('write', 3, name='last_checkpoint')],
    'pointer in place, outdated checkpoint there': [at('remove', name='epoch_1.pth')],
    'outdated checkpoint removed': [at('removed', name='epoch_1.pth')],
    'best checkpoint half written': [at('write', 2, name='best_')],
    'both best checkpoints there': [at('remove', name='best_')],
    'old best checkpoint removed': [at('removed', name='best_')],
    'after training': [at('end')],
    'twice in the same epoch': [at('train_step', 8), at('train_step', 2)],
    'in the first resumed epoch, then in validation': [at('train_step', 5), at('val_step', 1)],
    'before the first checkpoint, twice': [at('train_step', 2), at('train_step', 3)],
    'three times': [
        at('prototype_batch', 2),
        at('write', name='epoch_3.pth'),
        at('val_step', 3),
    ],
    'validation, resumed, killed in it again': [at('val_step', 3), at('val_step', 1)],
}
# Kills from outside, after a fraction of the uninterrupted training's duration.
FRACTIONS = [0.13, 0.22, 0.31, 0.38, 0.47, 0.56, 0.64, 0.73, 0.82, 0.91]
KILL_POINTS |= {f'after {100 * f:.0f} % of the time': [dict(fraction=f)] for f in FRACTIONS}
DEFAULT = [
    'prototypes, second time, second batch',
    'third checkpoint half written',
    'validation of the last epoch',
    'both best checkpoints there',
]
