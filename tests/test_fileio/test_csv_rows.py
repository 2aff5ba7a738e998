import csv

from dsrb_mm.fileio.csv_rows import row_writer

ROWS = [['path', 'a b'], ['x\r.jpg', ''], ['"', ','], ['x\ny', '1'], ['\r\n', ' ']]


def test_rows_come_back_as_they_were(tmp_path):
    with (tmp_path / 'x.csv').open('w', newline='') as file:
        write = row_writer(file)
        for row in ROWS:
            write(row)
    with (tmp_path / 'x.csv').open(newline='') as file:
        assert list(csv.reader(file, strict=True)) == ROWS
    assert (tmp_path / 'x.csv').read_text().startswith('path,a b\n')
