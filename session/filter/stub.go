package filter

type predicate func(*Packet) bool
type value struct{}

func (f *Filter) matchWords(*Packet) bool { return true }

// Compile is being built.
func Compile(text string, names Names) (*Filter, error) { return &Filter{}, nil }
