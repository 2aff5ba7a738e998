"""Questions to annotators: a page to review labels, tasks for annotation tools."""

from .asking import KINDS, ask
from .fiftyone_labels import write_fiftyone_labels
from .label_studio_tasks import write_label_studio_tasks
from .questions import Question, read_questions
from .review_page import write_review_page

__all__ = [
    'KINDS',
    'Question',
    'ask',
    'read_questions',
    'write_fiftyone_labels',
    'write_label_studio_tasks',
    'write_review_page',
]
