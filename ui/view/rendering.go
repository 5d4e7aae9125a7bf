package view

import (
	"fmt"
	"slices"

	"coapscope/protocol"
	"coapscope/protocol/payload"
)

// Rendering is a payload in words: one of several views of it, line by line, with parts of it folded away.
type Rendering struct {
	Views []payload.View

	format int
	data   []byte
	shown  int
	name   string // of the view that the user chose, to keep it for the next payload

	note *note // of the view that is shown, once it was asked for

	base  protocol.URI           // that it was read from; see SetBase
	known func(path string) bool // tells whether a path is a resource there

	folded map[int]bool // lines whose parts are folded away
	rows   []int32      // the lines that are not folded away; nil for all
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
	v.note, v.folded, v.rows = nil, nil, nil
	return true
}

// Empty tells whether there is no payload.
func (v *Rendering) Empty() bool { return len(v.data) == 0 }

// Data gives the payload.
func (v *Rendering) Data() []byte { return v.data }

// Choose takes the view of that name, whether the payload fits it or not.
func (v *Rendering) Choose(name string) {
	i := slices.IndexFunc(v.Views, func(o payload.View) bool { return o.Name == name })
	if i < 0 {
		if !slices.Contains(payload.Names(), name) {
			return
		}
		i = len(v.Views)
		v.Views = append(v.Views, payload.As(name, v.format, v.data))
	}
	v.shown, v.name = i, name
	v.note, v.folded, v.rows = nil, nil, nil
}

// Others gives the names of the views that the payload does not ask for, but can be had.
func (v *Rendering) Others() (names []string) {
	for _, name := range payload.Names() {
		if !slices.ContainsFunc(v.Views, func(o payload.View) bool { return o.Name == name }) {
			names = append(names, name)
		}
	}
	return names
}

// View gives the view that is shown.
func (v *Rendering) View() payload.View {
	if v.shown >= len(v.Views) {
		return payload.View{}
	}
	return v.Views[v.shown]
}

// note is what is to know about a view, and how grave it is.
type note struct {
	text    string
	concept Concept
}

// maxJudged bounds how many lines are looked through for a mistake, to say how grave a note is.
const maxJudged = 2000

// Note gives what is to know about the view: in the colour of a warning where something is left out or
// wrong.
func (v *Rendering) Note() (string, Concept) {
	if v.note == nil {
		view := v.View()
		v.note = &note{view.Note(), Dim}
		if v.note.text != "" && (view.Truncated() || mistaken(view)) {
			v.note.concept = Warning
		}
	}
	return v.note.text, v.note.concept
}

// mistaken tells whether the view shows a mistake.
func mistaken(v payload.View) bool {
	for i := range min(v.Len(), maxJudged) {
		for _, s := range v.Line(i) {
			if s.Kind == payload.KindError {
				return true
			}
		}
	}
	return false
}

// Len is the number of rows: of lines that are not folded away.
func (v *Rendering) Len() int {
	if v.rows != nil {
		return len(v.rows)
	}
	return v.View().Len()
}

// line gives the line of a row.
func (v *Rendering) line(row int) int {
	switch {
	case row < 0 || row >= v.Len():
		return -1
	case v.rows != nil:
		return int(v.rows[row])
	}
	return row
}

// Row gives a row. What is folded away is told behind it.
func (v *Rendering) Row(row int) payload.Line {
	n := v.line(row)
	line := v.View().Line(n)
	if !v.folded[n] {
		return line
	}
	end, ok := v.View().Fold(n)
	if !ok {
		return line
	}
	return append(line[:len(line):len(line)], payload.Span{
		Text: " … " + count(end-n-1, "line", "lines"), Kind: payload.KindComment,
	})
}

// Foldable tells whether the row has something that can be folded away, and whether that is in sight.
func (v *Rendering) Foldable(row int) (open, foldable bool) {
	n := v.line(row)
	_, ok := v.View().Fold(n)
	return ok && !v.folded[n], ok
}

// SetOpen folds what is inside of a row away, or back.
func (v *Rendering) SetOpen(row int, open bool) {
	n := v.line(row)
	if _, ok := v.View().Fold(n); !ok || v.folded[n] != open {
		return
	}
	if v.folded == nil {
		v.folded = make(map[int]bool)
	}
	if open {
		delete(v.folded, n)
	} else {
		v.folded[n] = true
	}
	v.rows = nil
	if len(v.folded) == 0 {
		return
	}
	view := v.View()
	v.rows = []int32{}
	for i := 0; i < view.Len(); {
		v.rows = append(v.rows, int32(i))
		if end, ok := view.Fold(i); ok && v.folded[i] {
			i = max(end, i+1)
		} else {
			i++
		}
	}
}

// Bytes says which bytes of the payload a row shows, and the first of them: "bytes 5–13: fb 40 35 …". It
// is empty for a row that stands for no byte.
func (v *Rendering) Bytes(row int) string {
	start, end := -1, -1
	for _, s := range v.View().Line(v.line(row)) {
		if s.End > s.Start {
			if start < 0 || s.Start < start {
				start = s.Start
			}
			end = max(end, s.End)
		}
	}
	if start < 0 || end > len(v.data) {
		return ""
	}
	const shown = 24
	text := fmt.Sprintf("byte %d", start)
	if end > start+1 {
		text = fmt.Sprintf("bytes %d–%d", start, end-1)
	}
	text += fmt.Sprintf(": % x", v.data[start:min(end, start+shown)])
	if end > start+shown {
		text += " …"
	}
	return text
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
