package view

import (
	"coapscope/protocol/payload"
)

// Rendering is a payload in words: one of several views of it, line by line.
type Rendering struct {
	Views []payload.View

	format int
	data   []byte
	shown  int
	name   string // of the view that the user chose, to keep it for the next payload
}

// Show takes another payload, and tells whether it is another. The view that the user chose stays where
// the payload has it.
func (v *Rendering) Show(format int, data []byte) bool {
	if v.format == format && len(v.data) == len(data) && (len(data) == 0 || &v.data[0] == &data[0]) && v.Views != nil {
		return false
	}
	v.format, v.data, v.shown = format, data, 0
	v.Views = payload.Render(format, data)
	for i := range v.Views {
		if v.Views[i].Name == v.name {
			v.shown = i
		}
	}
	return true
}

// Empty tells whether there is no payload.
func (v *Rendering) Empty() bool { return len(v.data) == 0 }

// Choose takes the view of that name.
func (v *Rendering) Choose(name string) {
	for i := range v.Views {
		if v.Views[i].Name == name {
			v.shown, v.name = i, name
		}
	}
}

// View gives the view that is shown.
func (v *Rendering) View() payload.View {
	if v.shown >= len(v.Views) {
		return payload.View{}
	}
	return v.Views[v.shown]
}

// SpanConcept gives the colour of a piece of a rendered line.
func SpanConcept(k payload.Kind) Concept {
	switch k {
	case payload.KindKey:
		return Version
	case payload.KindString:
		return Code
	case payload.KindNumber:
		return OptionA
	case payload.KindLiteral:
		return Token
	case payload.KindPunctuation:
		return Dim
	case payload.KindComment:
		return Faint
	case payload.KindError:
		return Error
	}
	return Plain
}
