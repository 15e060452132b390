"""A synthetic plate with known defects, to try the programs on."""

from hcs.demo.design import KINDS, Defect, DemoField, Design, design, truth
from hcs.demo.plate import make_demo_plate

__all__ = [
    "KINDS",
    "Defect",
    "DemoField",
    "Design",
    "design",
    "make_demo_plate",
    "truth",
]
