//! From a plan to the outside and back with an outcome: the only code that changes anything.
