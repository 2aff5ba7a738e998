"""SR: saliency regularisation and consistency of two views (Wang et al., ICCV 2023).

Published: the head, the threshold, SGD with momentum 0.9 and weight decay 1e-4, batches of 32, the
whole network trained at 448 x 448. The learning rate and the number of epochs could not be looked
up: those here are ours. The strong view is MMPretrain's RandAugment, in place of an unnamed one.
"""

method = 'SR'
model = dict(
    type='ImageClassifier',
    # No neck: the head pools its class maps itself.
    head=dict(
        type='SaliencyHead',
        top_k=5,
        saliency_weight=0.5,
        loss=dict(type='PartialBCELoss'),
        bias_init='known_prior',  # each bias starts at the log-odds of its known labels
        complements=[dict(type='PseudoLabels', threshold=0.6, second_view=True)],
    ),
)

# A config takes it by optim_wrapper=dict(optimizer={{_base_.sr_optimizer}}).
sr_optimizer = dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=1e-4)
