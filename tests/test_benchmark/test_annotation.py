import numpy as np
import pandas as pd
import pytest

from tools.benchmarks.annotation import STRATEGIES, choose, summarise


@pytest.mark.parametrize('strategy', STRATEGIES)
def test_only_unknown_labels_are_asked_for(strategy):
    rng = np.random.default_rng(0)
    scores, known, truth = (
        rng.random((20, 4)),
        rng.random((20, 4)) < 0.3,
        rng.integers(0, 2, (20, 4)),
    )
    asked = choose(strategy, scores, known, truth, 10, 0)
    assert asked.sum() == 10 and not (asked & known).any()
    if strategy == 'category-score':
        assert set(asked.sum(0)) <= {2, 3}
    assert choose(strategy, scores, known, truth, 1000, 0).sum() == (~known).sum()


def test_gain_per_100_answers():
    table = pd.DataFrame(
        [('random', seed, answers, 20.0 + seed + answers / 500, 0, 0)
         for seed in (0, 1) for answers in (0, 500, 1000)],
        columns=['strategy', 'seed', 'answers', 'mAP', 'known_present', 'rarest_present'],
    )  # fmt: skip
    assert summarise(table).per_100.tolist()[1:] == pytest.approx([0.2, 0.2])
    assert summarise(table).mAP.tolist() == [20.5, 21.5, 22.5]
