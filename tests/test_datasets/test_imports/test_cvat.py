import pytest

from dsrb_mm.datasets.imports import import_labels

XML = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>4</id><name>street</name><size>3</size><mode>annotation</mode>
      <labels>
        <label><name>dog</name><color>#fa3253</color><type>tag</type><attributes></attributes></label>
        <label><name>cat</name><color>#33ddff</color><type>any</type><attributes></attributes></label>
        <label><name>cow</name><color>#33ddfa</color><type>any</type><attributes></attributes></label>
      </labels>
    </task>
  </meta>
  <image id="0" name="a.jpg" subset="Train" width="64" height="64">
    <tag label="dog" source="manual"><attribute name="age">old</attribute></tag>
    <box label="cat" source="manual" occluded="0" xtl="1" ytl="2" xbr="3" ybr="4" z_order="0"></box>
  </image>
  <image id="1" name="b.jpg" subset="Validation" width="64" height="64"></image>
</annotations>
"""


@pytest.mark.parametrize('source', ['annotations.xml', '.'])
def test_tags_and_shapes(write, labels_of, source):
    write('annotations.xml', XML)
    found = labels_of(source, unknown='absent')
    assert found == {'a': dict(dog=1, cat=1, cow=0), 'b': dict(dog=0, cat=0, cow=0)}
    report = import_labels(source, 'x.csv', unknown='unlisted')
    assert report.splits == dict(train=1, val=1) and report.format == 'cvat'


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (XML.replace('name="b.jpg"', ''), 'x.xml, image 1: expected an <image> with a name'),
        (XML.replace('<tag label="dog"', '<tag'), r'image 0 \(a.jpg\): expected <tag> to have a'),
        (XML[:-20], 'x.xml to be an XML file of CVAT'),
        ('<annotations><track id="0"/></annotations>', 'tracks of a video'),
        ('<annotation><object/></annotation>', 'but got <annotation>'),
    ],
)
def test_bad_files(write, labels_of, text, message):
    with pytest.raises(ValueError, match=message):
        labels_of(write('x.xml', text), unknown='absent')


def test_entities_do_not_grow(write, labels_of):
    lines = ''.join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "{"x" * 99}">{lines}]><annotations>&e11;</annotations>'
    with pytest.raises(ValueError, match='x.xml to be an XML file'):
        labels_of(write('x.xml', bomb), unknown='absent')
