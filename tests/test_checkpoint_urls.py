"""Checkpoints from a server that redirects, that sends something else, or that breaks off."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError

import pytest
import torch
from mmengine.runner import CheckpointLoader

from dsrb_mm.engine.checkpoints import guard_checkpoint_loader
from dsrb_mm.engine.checkpoints.checkpoint_reading import CheckpointFileError

PAGE = b'<!DOCTYPE html><html><body>Please log in</body></html>'


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Address of a server; what is downloaded goes to a folder of the test."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'hub'))
    for name in ('http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'):
        monkeypatch.delenv(name, raising=False)
    torch.save(dict(state_dict=dict(w=torch.ones(2))), tmp_path / 'good.pth')
    good = (tmp_path / 'good.pth').read_bytes()
    contents = {'/good.pth': good, '/page.pth': PAGE, '/empty.pth': b'', '/half.pth': good}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            target = {
                '/moved.pth': '/good.pth',
                '/login.pth': '/page.pth',
                '/loop.pth': '/loop.pth',
            }
            if self.path in target:
                self.send_response(302)
                self.send_header('Location', target[self.path])
                self.end_headers()
            elif self.path in contents:
                content = contents[self.path]
                self.send_response(200)
                self.send_header('Content-Length', str(len(content)))
                self.end_headers()
                self.wfile.write(content[:100] if self.path == '/half.pth' else content)
            else:
                self.send_error(404)

        def log_message(self, *args):
            pass

    guard_checkpoint_loader()
    with ThreadingHTTPServer(('127.0.0.1', 0), Handler) as found:
        threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
        yield f'http://127.0.0.1:{found.server_port}'
        found.shutdown()


@pytest.mark.parametrize('name', ['good', 'moved'])
def test_redirects_are_followed(server, name):
    content = CheckpointLoader.load_checkpoint(f'{server}/{name}.pth')
    assert content['state_dict']['w'].tolist() == [1, 1]


@pytest.mark.parametrize(
    ('name', 'reason'),
    [
        ('page', r'a file of another kind, which begins with .*DOCTYPE'),
        ('login', r'a file of another kind, which begins with .*DOCTYPE'),
        ('empty', 'an empty file'),
        ('half', 'a checkpoint, but got'),
    ],
)
def test_other_contents_are_named_with_their_address(server, name, reason):
    with pytest.raises(CheckpointFileError, match=f'{name}.pth .*{reason}') as caught:
        CheckpointLoader.load_checkpoint(f'{server}/{name}.pth')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('name', ['gone', 'loop'])
def test_what_cannot_be_had_is_an_error_of_the_download(server, name):
    with pytest.raises(URLError):  # of which the tools make one line
        CheckpointLoader.load_checkpoint(f'{server}/{name}.pth')


def test_a_wrong_download_can_be_removed(server, tmp_path):
    """It would be read again once the server is mended."""
    with pytest.raises(CheckpointFileError, match=r'remove that file to download anew') as caught:
        CheckpointLoader.load_checkpoint(f'{server}/half.pth')
    (kept,) = (tmp_path / 'hub').rglob('half.pth')
    assert f'downloaded to {kept}' in str(caught.value)
