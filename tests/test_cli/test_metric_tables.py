import io

from rich.console import Console

from dsrb_mm.cli.metric_tables import metric_table


def printed(metrics):
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(metric_table(metrics))
    lines = console.export_text().replace('┃', '│').splitlines()
    return [[cell.strip() for cell in line.strip('│').split('│')] for line in lines]


def test_rates_stand_side_by_side():
    rates = {'OP': 1, 'OP_tuned': 2, 'OP_top3': 3, 'mAP': 40.0, 'cross_entropy': 0.25}
    rows = printed({f'multi-label/{name}': value for name, value in rates.items()})
    assert ['metric', '', 'at their thresholds', 'at 0.5', 'at 0.5, top 3'] in rows
    assert ['mAP', '40.0', '', '', ''] in rows and ['cross_entropy', '0.2500', '', '', ''] in rows
    assert ['OP', '', '2', '1', '3'] in rows


def test_whatever_was_measured_is_shown():
    assert ['accuracy', '7.0'] in printed({'accuracy': 7.0})
    assert ['categories judged', '3'] in printed({'multi-label/num_classes_evaluated': 3})
    assert printed({}) != []
