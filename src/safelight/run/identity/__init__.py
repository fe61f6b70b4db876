"""The vault of aliases and sealed notes, with its own key and guarded getters."""
