import torch
from torch import nn

from dsrb_mm.models import PartialLabelLinearHead, SaliencyHead
from dsrb_mm.models.category_maps import category_maps
from dsrb_mm.models.necks import CategoryFeatures


class Model(nn.Module):
    def __init__(self, head):
        super().__init__()
        self.head = head


def test_attention_class_maps_or_nothing():
    attention = torch.rand(2, 3, 4, 4)
    feats = CategoryFeatures(attention, torch.zeros(2, 3), torch.rand(2, 3, 8))
    assert category_maps(Model(nn.Identity()), feats) is attention
    head = SaliencyHead(3, 8, saliency_weight=[0.5, 2])
    image_map = torch.randn(2, 8, 4, 4)
    maps = category_maps(Model(head), (image_map,))
    expected = torch.einsum('bdhw,cmd->bchw', image_map, head.conv.weight.view(3, 2, 8))
    for b in range(2):
        for c in range(3):
            shifted = expected[b, c] - expected[b, c].min()
            torch.testing.assert_close(maps[b, c], shifted, atol=1e-5, rtol=1e-5)
    assert not maps.requires_grad
    linear = Model(PartialLabelLinearHead(3, 8))
    assert category_maps(linear, (torch.rand(2, 8),)) is None
