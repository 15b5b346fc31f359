"""An app as a product: whether it is worth building, and how it is launched."""

from mktlib.mobile.app.brief import app_brief
from mktlib.mobile.app.launch import launch_sheet

__all__ = ["app_brief", "launch_sheet"]
