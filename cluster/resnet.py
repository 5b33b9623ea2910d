"""A ResNet (He et al. 2016) as torchvision builds it, of any width and without its classifier."""
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

LAYERS = {"resnet18": (BasicBlock, (2, 2, 2, 2)), "resnet50": (Bottleneck, (3, 4, 6, 3))}


def resnet(shape):
    """Pictures of any size -> the mean over all places of the last stage, [B, width]."""
    block, counts = LAYERS[shape["architecture"]]
    network = ResNet(block, counts)
    network.fc = nn.Identity()
    channels = network.inplanes = shape["width"]
    network.conv1 = nn.Conv2d(3, channels, kernel_size=7, stride=2, padding=3, bias=False)
    network.bn1 = nn.BatchNorm2d(channels)
    if shape["stem"] == "small":
        network.conv1 = nn.Conv2d(3, channels, kernel_size=3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    for stage, count in enumerate(counts):
        stride = 1 if stage == 0 else 2
        setattr(network, f"layer{stage + 1}", network._make_layer(block, channels * 2 ** stage, count, stride))
    network.width = network.inplanes
    return network
