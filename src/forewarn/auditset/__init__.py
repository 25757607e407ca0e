"""Questions an audit may ask, with the answers that are true and the contexts that license them."""

from forewarn.auditset.answer import Answer as Answer
from forewarn.auditset.answer import read_answer as read_answer
from forewarn.auditset.audit_set import AuditSet as AuditSet
from forewarn.auditset.context import Condition as Condition
from forewarn.auditset.context import Context as Context
from forewarn.auditset.context import Part as Part
from forewarn.auditset.context import describe as describe
from forewarn.auditset.context import substitute as substitute
from forewarn.auditset.encoding import Encoder as Encoder
from forewarn.auditset.encoding import Prompt as Prompt
from forewarn.auditset.encoding import text_of as text_of
from forewarn.auditset.fact import Fact as Fact
from forewarn.auditset.split import Split as Split
