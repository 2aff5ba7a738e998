"""Dense reference of the method, sections 1 to 6, as the formulas stand: no folding, no linearity.

The tests compare the package with it, and tools/benchmarks measures what its tensors cost.

The attended maps (B, H, W, C, D) and the prototypes (C, 4, H, W, D) are built in full, choices are
made in Python loops, and random choices are arguments. It shares no code with the package and
takes its parameters by the letters of the formulas, in a dict. (Tensors are taken apart by
``unbind``: the gradient of a single index would be a tensor of full size.)

    word_vectors, P, Q, M, m, u, n      attention (M (J, J), m (J,), u (J,), n ())
    W1..W3, U1..U3 and w1..w3, u1..u3   graph network, matrices and their biases
    F, f, v, b                          output layer and one classifier per category
    alpha, beta                         blending weights

Optional: conv, bn_weight, bn_bias, bn_mean, bn_var (the projection of the neck).
Labels are the package's: 1 present, 0 absent, -1 unknown.
"""

import math

import torch

UNKNOWN, ABSENT, PRESENT = -1, 0, 1
COSINE_EPS = 1e-9
BN_EPS = 1e-5


# 1. Category-specific representation learning


def pool2(image_map):
    """2x2 average pooling, stride 2, of an even map."""
    batch, channels, height, width = image_map.shape
    rows = []
    for i in range(height // 2):
        cells = [
            (
                image_map[:, :, 2 * i, 2 * j]
                + image_map[:, :, 2 * i, 2 * j + 1]
                + image_map[:, :, 2 * i + 1, 2 * j]
                + image_map[:, :, 2 * i + 1, 2 * j + 1]
            )
            / 4
            for j in range(width // 2)
        ]
        rows.append(torch.stack(cells, dim=-1))
    return torch.stack(rows, dim=-2)


def project(image_map, params, training):
    """1x1 convolution and BatchNorm."""
    image_map = torch.einsum('bihw,oi->bohw', image_map, params['conv'])
    if training:
        mean = image_map.mean((0, 2, 3))
        var = ((image_map - mean.view(1, -1, 1, 1)) ** 2).mean((0, 2, 3))
    else:
        mean, var = params['bn_mean'], params['bn_var']
    normal = (image_map - mean.view(1, -1, 1, 1)) / torch.sqrt(var.view(1, -1, 1, 1) + BN_EPS)
    return normal * params['bn_weight'].view(1, -1, 1, 1) + params['bn_bias'].view(1, -1, 1, 1)


def attended_maps(image_map, params):
    """Map (B, D, H, W) -> attention (B, H, W, C), attended maps (B, H, W, C, D)."""
    features = image_map.permute(0, 2, 3, 1)
    batch, height, width, _ = features.shape
    per_category = []
    image = features @ params['P'].T
    for word in params['word_vectors']:
        joint = torch.tanh(image * (params['Q'] @ word))
        score = (joint @ params['M'].T + params['m']) @ params['u'] + params['n']
        score = score.reshape(batch, height * width)
        weights = torch.exp(score - score.max(dim=1, keepdim=True).values.detach())
        weights = weights / weights.sum(dim=1, keepdim=True)
        per_category.append(weights.reshape(batch, height, width))
    attention = torch.stack(per_category, dim=-1)
    return attention, attention.unsqueeze(-1) * features.unsqueeze(3)


# 2. Label graph


def label_graph(labels):
    """Rows of a label matrix -> A, as nested lists."""
    num_classes = len(labels[0])
    graph = [[0.0] * num_classes for _ in range(num_classes)]
    for i in range(num_classes):
        with_i = [row for row in labels if row[i] == PRESENT]
        for j in range(num_classes):
            both = sum(1 for row in with_i if row[j] == PRESENT)
            graph[i][j] = both / len(with_i) if with_i else 0.0
    return graph


def prior_logit(labels, category):
    """Log-odds of (pos + 1) / (known + 10); if only positives are known, all entries count."""
    known = [row[category] for row in labels if row[category] != UNKNOWN]
    if {label for row in labels for label in row} - {UNKNOWN} == {PRESENT}:
        known = [row[category] for row in labels]
    rate = (known.count(PRESENT) + 1) / (len(known) + 10)
    return math.log(rate / (1 - rate))


def base_rate_entropy(labels):
    """Binary cross-entropy of predicting each category's base rate, mean over known entries."""
    terms = []
    for category in range(len(labels[0])):
        known = [row[category] for row in labels if row[category] != UNKNOWN]
        for label in known:
            rate = known.count(PRESENT) / len(known)
            terms.append(-math.log(rate if label == PRESENT else 1 - rate))
    return sum(terms) / len(terms)


# 3. Gated graph network and classifier


def graph_network(semantic, adjacency, params, steps):
    """(B, C, D) -> (B, C, D), image by image."""
    states = []
    for state in semantic:
        for _ in range(steps):
            message = torch.cat([adjacency @ state, adjacency.T @ state], dim=1)

            def affine(k, right, message=message):
                left = message @ params[f'W{k}'].T + params[f'w{k}']
                return left + right @ params[f'U{k}'].T + params[f'u{k}']

            update = 1 / (1 + torch.exp(-affine(1, state)))
            reset = 1 / (1 + torch.exp(-affine(2, state)))
            candidate = torch.tanh(affine(3, reset * state))
            state = (1 - update) * state + update * candidate
        states.append(state)
    return torch.stack(states)


def classify(semantic, adjacency, params, steps):
    """Logits (B, C)."""
    state = graph_network(semantic, adjacency, params, steps)
    logits = []
    for own, feature, weight, bias in zip(
        state.unbind(1), semantic.unbind(1), params['v'], params['b'], strict=True
    ):
        joined = torch.cat([own, feature], dim=-1)
        output = torch.tanh(joined @ params['F'].T + params['f'])
        logits.append(output @ weight + bias)
    return torch.stack(logits, dim=1)


# 4. Instance-perspective representation blending


def take_apart(maps):
    """Attended maps (B, H, W, C, D) -> nested list [image][category] of (H, W, D)."""
    return [image.unbind(2) for image in maps]


def blend_instances(maps, labels, alpha):
    """Attended maps -> semantic features, targets as nested lists of scalars."""
    batch, _, _, num_classes, _ = maps.shape
    mixed = take_apart(alpha * maps + (1 - alpha) * maps.flip(0))
    maps = take_apart(maps)
    blended, targets = [], []
    for n in range(batch):
        partner = batch - 1 - n
        row, target = [], []
        for c in range(num_classes):
            own = maps[n][c]
            soft = labels[n][c]
            if labels[n][c] == UNKNOWN and labels[partner][c] == PRESENT:
                own = mixed[n][c]
                soft = 1 - alpha
            row.append(own)
            target.append(soft)
        blended.append(torch.stack(row))
        targets.append(target)
    return torch.stack(blended).sum((2, 3)), targets


# 5. Prototype-perspective representation blending


def quadrant(attended_map):
    """Attended map (H, W, D) -> quadrant of the peak of e."""
    response = attended_map.sum(-1).tolist()
    height, width = len(response), len(response[0])
    row_peaks = [max(line) for line in response]
    column_peaks = [max(line[w] for line in response) for w in range(width)]
    row = row_peaks.index(max(row_peaks))
    column = column_peaks.index(max(column_peaks))
    return 2 * (row >= height // 2) + (column >= width // 2)


def quadrants(maps):
    """Attended maps (B, H, W, C, D) -> (B, C)."""
    return torch.tensor([[quadrant(m) for m in image] for image in take_apart(maps.detach())])


def prototypes(batches, limit=None):
    """[(maps, labels), ...] -> prototypes (C, 4, H, W, D), or None for a category without any."""
    _, height, width, num_classes, channels = batches[0][0].shape
    result = []
    for c in range(num_classes):
        collected = {q: [] for q in range(4)}
        for maps, labels in batches:
            for n in range(len(maps)):
                if labels[n][c] == PRESENT:
                    place = collected[quadrant(maps[n, :, :, c])]
                    if limit is None or len(place) < limit:
                        place.append(maps[n, :, :, c])
        everything = [m for q in range(4) for m in collected[q]]
        if not everything:
            result.append(None)
            continue
        result.append(
            [sum(collected[q] or everything) / len(collected[q] or everything) for q in range(4)]
        )
    return result


def blend_prototypes(maps, labels, beta, dense_prototypes, choices):
    """``choices``: {(image, category): quadrant of the prototype}."""
    batch, _, _, num_classes, _ = maps.shape
    maps = take_apart(maps)
    blended, targets = [], []
    for n in range(batch):
        row, target = [], []
        for c in range(num_classes):
            own = maps[n][c]
            soft = labels[n][c]
            if (n, c) in choices:
                own = beta * own + (1 - beta) * dense_prototypes[c][choices[n, c]]
                soft = 1 - beta
            row.append(own)
            target.append(soft)
        blended.append(torch.stack(row))
        targets.append(target)
    return torch.stack(blended).sum((2, 3)), targets


# 6. Losses


def partial_bce(logits, targets):
    """``targets``: nested lists of numbers or scalar tensors; -1 unknown."""
    terms = []
    for line, target_line in zip(logits, targets, strict=True):
        for logit, target in zip(line, target_line, strict=True):
            if target == UNKNOWN:
                continue
            log_yes = -torch.log1p(torch.exp(-logit))
            log_no = -torch.log1p(torch.exp(logit))
            terms.append(-(target * log_yes + (1 - target) * log_no))
    return sum(terms) / len(terms) if terms else logits.sum() * 0


def pair_losses(semantic, labels):
    """Losses by kind: {'++' | '+-' | '--': [((first, second, category), loss), ...]}."""
    kinds = {'++': [], '+-': [], '--': []}
    semantic = [image.unbind(0) for image in semantic]
    for i in range(len(semantic)):
        for j in range(i + 1, len(semantic)):
            for c in range(len(semantic[0])):
                if UNKNOWN in (labels[i][c], labels[j][c]):
                    continue
                x, y = semantic[i][c], semantic[j][c]
                length = torch.sqrt((x * x).sum()).clamp(min=COSINE_EPS)
                length = length * torch.sqrt((y * y).sum()).clamp(min=COSINE_EPS)
                cosine = (x * y).sum() / length
                positives = (labels[i][c] == PRESENT) + (labels[j][c] == PRESENT)
                kind = {2: '++', 1: '+-', 0: '--'}[positives]
                kinds[kind].append(((i, j, c), 1 - cosine if kind == '++' else 1 + cosine))
    return kinds


def contrastive(semantic, labels, shuffled):
    """``shuffled(kind, pairs)`` -> the pairs in the order in which they are drawn at random."""
    kinds = pair_losses(semantic, labels)
    num = len(kinds['++'])
    kept = [loss for _, loss in kinds['++']]
    for kind in ('+-', '--'):
        losses = dict(kinds[kind])
        if num == 0:
            kept += losses.values()
            continue
        drawn = list(shuffled(kind, list(losses)))[: 2 * num]
        largest = sorted(losses, key=lambda pair: -losses[pair].item())[:num]
        kept += [losses[pair] for pair in drawn] + [losses[pair] for pair in largest]
    return sum(kept) / len(kept) if kept else semantic.sum() * 0


# A whole training step


def training_losses(image_map, labels, params, adjacency, steps, dense_prototypes, draw):
    """The losses by name, without their weights.

    ``draw`` has the random choices: ``draw.chosen(labels, quadrants)`` of prototypes, as
    ``blend_prototypes`` takes them, and ``draw.shuffled(kind, pairs)`` of ``contrastive``.
    """
    _, maps = attended_maps(image_map, params)
    choices = draw.chosen(labels, quadrants(maps))
    blended = {
        'plain': (maps.sum((1, 2)), labels),
        'iprb': blend_instances(maps, labels, params['alpha']),
        'pprb': blend_prototypes(maps, labels, params['beta'], dense_prototypes, choices),
    }
    losses = {
        name: partial_bce(classify(semantic, adjacency, params, steps), targets)
        for name, (semantic, targets) in blended.items()
    }
    return losses | {'contrastive': contrastive(maps.sum((1, 2)), labels, draw.shuffled)}
