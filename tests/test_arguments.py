import numpy as np
import pytest

from dsrb_mm.arguments import MAX_SIZE, check_flag, check_int, check_number, check_size


def test_numpy_numbers_are_welcome():
    assert check_int('n', np.int32(3)) == 3
    assert check_number('x', np.float32(0.5), 0, 1) == 0.5


@pytest.mark.parametrize(
    ('call', 'error', 'message'),
    [
        (lambda: check_int('n', True), TypeError, 'expected n to be an integer, but got True'),
        (lambda: check_int('n', 2.0), TypeError, 'expected n to be an integer, but got 2.0'),
        (lambda: check_int('n', -1), ValueError, 'expected n to be 0 or more, but got -1'),
        (lambda: check_int('n', 9, 1, 5), ValueError, 'expected n to be from 1 to 5, but got 9'),
        (lambda: check_size('c', MAX_SIZE + 1), ValueError, 'expected c to be from 1 to 1048576'),
        (lambda: check_number('x', float('nan')), ValueError, 'to be finite, but got nan'),
        (lambda: check_number('x', 10**400), ValueError, 'expected x to be finite'),
        (lambda: check_number('x', '1'), TypeError, "expected x to be a number, but got '1'"),
        (lambda: check_number('x', 2, 0, 1), ValueError, r'expected x to lie in \[0, 1\]'),
        (lambda: check_flag('f', 'False'), TypeError, "to be True or False, but got 'False'"),
    ],
)
def test_message_names_argument_and_value(call, error, message):
    with pytest.raises(error, match=message):
        call()
