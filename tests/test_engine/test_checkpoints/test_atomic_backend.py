from dsrb_mm.engine.checkpoints.atomic_backend import AtomicBackend


def test_files_are_removed_late_unless_they_were_written_again(tmp_path):
    backend = AtomicBackend()
    for name in ('a', 'b'):
        backend.put(name.encode(), tmp_path / 'new folder' / name)
        backend.remove(tmp_path / 'new folder' / name)
    assert len(list(tmp_path.glob('*/*'))) == 2
    backend.remove_outdated(keep={str(tmp_path / 'new folder/b'), 'c'})
    assert [path.name for path in tmp_path.glob('*/*')] == ['b']
    assert backend.outdated == []
