import time

import pandas as pd
import pytest
from helpers.browser import open_browser

from dsrb_mm.annotation import read_questions, write_review_page
from dsrb_mm.datasets import import_labels


@pytest.fixture(scope='module')
def page(hostile):
    questions = read_questions(hostile / 'rank.csv', hostile / 'images')
    write_review_page(questions, hostile / 'images', hostile / 'review.html', size=32)
    return hostile / 'review.html', questions


def test_the_page_holds_all_it_needs(page):
    text = page[0].read_text(encoding='utf-8')
    assert 'http' not in text.replace('http-equiv', '').split('id="data"')[0]
    assert text.count('data:image/jpeg;base64,') == 3
    # One element of data, one script: no name has ended an element or begun one.
    assert (
        text.count('<script') == text.count('</script') == 2 and '{{' not in text.split('"id"')[1]
    )


def test_unreadable_images(tmp_path):
    (tmp_path / 'a.jpg').write_bytes(b'no image')
    (tmp_path / 'rank.csv').write_text('path,category,score\na.jpg,dog,0.5\n')
    with pytest.raises(ValueError, match=r'expected .*a\.jpg to be a readable image'):
        questions = read_questions(tmp_path / 'rank.csv', tmp_path)
        write_review_page(questions, tmp_path, tmp_path / 'page.html')
    assert not (tmp_path / 'page.html').exists()


def test_the_page_fits_a_phone(page, tmp_path):
    with open_browser(tmp_path) as browser:
        metrics = dict(width=390, height=800, deviceScaleFactor=1, mobile=True)
        browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', metrics)
        browser.get(page[0].as_uri())
        sizes = 'return [document.documentElement.scrollWidth, window.innerWidth]'
        assert browser.execute_script(sizes) == [390, 390]


def test_in_a_browser(page, tmp_path):
    """Hostile names run nothing; keys answer, go back and save; the answers become labels."""
    file, questions = page
    with open_browser(tmp_path) as browser:
        browser.get(file.as_uri())
        body = browser.find_element('tag name', 'body')
        shown = lambda name: browser.find_element('id', name).get_property('textContent')  # noqa: E731
        for number, key in enumerate('yn byyn nynyyyny'):
            body.send_keys(key)
            if number == 0:
                assert shown('category') == questions[1].category
                assert shown('path') == questions[1].path and 'Question 2 of 14' in shown(
                    'progress'
                )
        # y, n, skipped, back to it, y ... : the skipped question was answered after all.
        time.sleep(1)  # a browser keeps what a page stores through another process
        browser.refresh()
        assert 'All 14 questions seen, 14 answered' in shown('progress')  # kept over a reload
        assert browser.title == 'Review labels'
        body = browser.find_element('tag name', 'body')
        body.send_keys('s')
        deadline = time.monotonic() + 20
        while not (tmp_path / 'answers.csv').exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        browser.refresh()
        assert 'All 14 questions seen, 14 answered' in shown('progress')
        for _ in questions:
            browser.find_element('tag name', 'body').send_keys('b')
            assert browser.title == 'Review labels'
            overflow = 'return document.body.scrollWidth > window.innerWidth'
            assert not browser.execute_script(overflow)
        assert shown('category') == questions[0].category and 'answered: yes' in shown('given')
        loaded = 'return document.getElementById("image").naturalWidth'
        assert browser.execute_script(loaded) == 32
        assert [entry for entry in browser.get_log('browser') if entry['level'] == 'SEVERE'] == []
    keys = zip(questions, 'ynyyn nynyyyny', strict=True)  # the sixth was skipped
    expected = {(question.path, question.category): key for question, key in keys if key != ' '}
    root = file.parent
    report = import_labels(
        tmp_path / 'answers.csv', root / 'l.csv', image_root=root / 'images', val=0, overwrite=True
    )
    table = pd.read_csv(root / 'l.csv').set_index(['path', 'split']).stack().dropna()
    found = {
        (path.removeprefix('images/'), name): value for (path, _, name), value in table.items()
    }
    assert report.format == 'csv' and set(found) == {(p, c.strip()) for p, c in expected}
    for (path, category), key in expected.items():
        assert found[path, category.strip()] == (key == 'y')
