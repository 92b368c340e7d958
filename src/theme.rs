//! Colours by role, from theme files: a palette, typed roles and `inherits`.
