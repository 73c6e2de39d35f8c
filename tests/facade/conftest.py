import pytest
from described import two_node

from hakvm import Cluster, Platform


@pytest.fixture
def debian9() -> Cluster:
    return two_node(Platform.DEBIAN_9)


@pytest.fixture
def debian12() -> Cluster:
    return two_node(Platform.DEBIAN_12)
