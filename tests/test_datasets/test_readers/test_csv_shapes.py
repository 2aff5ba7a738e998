"""CSV files that are no CSV of labels, as spreadsheets and scripts write them."""

import pytest

from dsrb_mm.datasets import CSVMultiLabel, import_labels

CASES = {
    'path;split;dog\na.png;train;1\n': "separated by commas, but got semicolons: 'path;split;dog'",
    'path;dog, large;cat\na.png;1;0\n': 'separated by commas, but got semicolons',
    'path\tsplit\tdog\na.png\ttrain\t1\n': 'separated by commas, but got tabs',
    'a.png,train,1\nb.png,val,0\n': 'the first row must name the columns, as in path,split',
    'path,split,dog\n': 'only a header',
    '': 'is empty',
}


@pytest.mark.parametrize('text', CASES)
def test_the_error_says_what_the_file_looks_like(tmp_path, text):
    file = tmp_path / 'labels.csv'
    file.write_text(text)
    with pytest.raises(ValueError, match=CASES[text]):
        CSVMultiLabel(
            data_root=str(tmp_path), ann_file='labels.csv', split_column='split', split='train'
        )
    with pytest.raises(ValueError, match=CASES[text]):
        import_labels(file, tmp_path / 'out.csv')


def test_names_may_hold_the_other_separators(tmp_path):
    (tmp_path / 'a;1.png').touch()
    (tmp_path / 'labels.csv').write_text('path,dog;puppy,cat\na;1.png,1,0\n')
    report = import_labels(tmp_path / 'labels.csv', tmp_path / 'out.csv', val=0)
    assert list(report.counts['category']) == ['dog;puppy', 'cat']
