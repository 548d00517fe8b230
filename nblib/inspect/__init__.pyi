from .cause import token_effects as token_effects
from .maps import attention as attention
from .opening import open_model as open_model
