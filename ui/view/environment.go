package view

// lookup gives the value of a variable of a draft.
func (w *Workbench) lookup(name string) (string, bool) { return "", false }
