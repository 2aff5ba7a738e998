import pytest

from dsrb_mm.annotation import read_questions
from dsrb_mm.annotation.questions import by_image


def test_questions_in_their_order(hostile):
    questions = read_questions(hostile / 'rank.csv', hostile / 'images')
    assert len(questions) == 14 and questions[0].path == '<b onclick=x>.png'
    assert questions[2].score == 0.1
    assert read_questions(hostile / 'rank.csv', hostile / 'images', 3) == questions[:3]
    grouped = by_image(questions)
    assert list(grouped) == list(dict.fromkeys(question.path for question in questions))
    assert sum(map(len, grouped.values())) == 14


@pytest.mark.parametrize(
    ('text', 'error', 'message'),
    [
        ('path,score\na.jpg,0.1\n', ValueError, r"\['category'\] are missing"),
        ('path,category,score\n', ValueError, 'hold questions'),
        ('path,category,score\na.jpg,dog,1.5\n', ValueError, "rank.csv, line 2: .*'1.5'"),
        ('path,category,score\n../a.jpg,dog,0\n', ValueError, 'rank.csv to stay inside'),
        ('path,category,score\na.jpg,dog,0\n', FileNotFoundError, r"1 of 1 images .*\['a.jpg'\]"),
    ],
)
def test_bad_rankings(tmp_path, text, error, message):
    (tmp_path / 'rank.csv').write_text(text)
    with pytest.raises(error, match=message):
        read_questions(tmp_path / 'rank.csv', tmp_path)
