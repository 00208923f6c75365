"""The control plane, computed: which way routes would go if networks kept to what they are to each other."""
