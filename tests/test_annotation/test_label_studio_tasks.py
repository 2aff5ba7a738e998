import json
from xml.etree import ElementTree

import pandas as pd

from dsrb_mm.annotation import read_questions, write_label_studio_tasks
from dsrb_mm.datasets import import_labels


def test_answers_of_tasks_come_back(hostile, tmp_path):
    questions = read_questions(hostile / 'rank.csv', hostile / 'images')
    write_label_studio_tasks(questions, tmp_path / 'tasks.json')
    interface = ElementTree.parse(tmp_path / 'tasks.xml').find('Choices').attrib
    assert interface['value'] == '$choices' and interface['choice'] == 'multiple'
    tasks = json.loads((tmp_path / 'tasks.json').read_text())
    assert len(tasks) == 3
    for task in tasks:
        asked = [choice['value'] for choice in task['data']['choices']]
        scores = {q.category: q.score for q in questions}
        (prediction,) = task['predictions']
        ticked = [name for region in prediction['result'] for name in region['value']['choices']]
        assert ticked == [name for name in asked if scores[name] >= 0.5]
        assert all(region['from_name'] == interface['name'] for region in prediction['result'])
        # What Label Studio exports if an annotator accepts it.
        task['annotations'] = [dict(result=prediction['result'], was_cancelled=False)]
    (tmp_path / 'export.json').write_text(json.dumps(tasks))
    import_labels(
        tmp_path / 'export.json', tmp_path / 'l.csv', unknown='unlisted', val=0,
        image_root=hostile / 'images', relative_to=hostile / 'images',
    )  # fmt: skip
    table = pd.read_csv(tmp_path / 'l.csv').set_index(['path', 'split']).stack().dropna()
    found = {(path, name): value for (path, _, name), value in table.items()}
    assert found == {(q.path, q.category.strip()): q.score >= 0.5 for q in questions}
