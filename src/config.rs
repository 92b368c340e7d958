//! The configuration file, keymaps and themes of the user, over the embedded defaults.
