"""Places: who is near, where campaigns reach, and what a campaign by place was worth."""
