"""One file per screen; pages draw and call, they hold no SQL and no rule."""
