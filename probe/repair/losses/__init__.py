"""Terms of the repair loss: functions of what the model made of a batch, one idea a file, under the name that users type.

Importing this package registers them, in the order in which `probe list losses` shows them. It imports torch.
"""

# ruff: noqa: F401, I001  (imported for what they register; the order is the listing's)
from probe.repair.losses import cross_entropy
from probe.repair.losses import kl, js, symmetric_kl
from probe.repair.losses import infonce, nt_xent, supcon, triplet
from probe.repair.losses import macl, dclr, coin, consprompt, lm_supcon
from probe.repair.losses import f2c, own_answer
from probe.repair.losses import l2_sp, kl_to_base
from probe.repair.base import loss_terms

__all__ = ["loss_terms"]
