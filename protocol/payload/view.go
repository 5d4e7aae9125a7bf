package payload

import (
	"image"
	"sort"
	"strings"
	"sync"
)

// Kind says what a span of text is, for its colour.
type Kind uint8

const (
	// KindPlain is text as it is.
	KindPlain Kind = iota
	// KindKey is the key of a map entry, or the name of an attribute.
	KindKey
	// KindString is a text or byte string.
	KindString
	// KindNumber is a number, or a byte in hex.
	KindNumber
	// KindLiteral is true, false, null and the like, a tag, or a link's target.
	KindLiteral
	// KindPunctuation is what stands between values.
	KindPunctuation
	// KindComment is what the view adds: offsets, names of labels, what was left out.
	KindComment
	// KindError is what is malformed, and what is wrong with it.
	KindError
)

var kindNames = [...]string{"plain", "key", "string", "number", "literal", "punctuation", "comment", "error"}

// String gives the name of the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Span is a piece of a line. Start and End are the bytes of the payload that it shows; both are 0 for
// what stands for no byte.
type Span struct {
	Text       string
	Kind       Kind
	Start, End int
}

// Line is a line of a view.
type Line []Span

// String gives the text of the line.
func (l Line) String() string {
	if len(l) == 1 {
		return l[0].Text
	}
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// View is one way to show a payload. It is laid out when it is first asked for, may be copied, and may
// be used by several goroutines. The payload must not be changed while it is in use.
type View struct {
	Name   string
	layout func() *layout
}

// Column is a column of a view that is a table.
type Column struct {
	Title string
	Right bool // numbers: drawn to the right edge
	Width int  // characters of the widest cell, with the title
}

// layout is a view laid out: lines made beforehand, or one by one when they are asked for.
type layout struct {
	lines     []Line
	count     int              // lines that line makes
	line      func(i int) Line // nil where lines has them
	truncated bool
	note      string

	folds   []fold // by line
	columns []Column
	cells   func(i int) []Line
	image   func() image.Image
	derived bool // of bytes made from the payload: the spans do not point into it
}

// fold says that the lines after open and before end are inside what begins on the line open.
type fold struct{ open, end int }

func newView(name string, lay func() *layout) View {
	return View{name, sync.OnceValue(lay)}
}

// Len gives the number of lines.
func (v View) Len() int {
	if v.layout == nil {
		return 0
	}
	if l := v.layout(); l.line != nil {
		return l.count
	} else {
		return len(l.lines)
	}
}

// Line gives line i, from 0; outside the view it is empty.
func (v View) Line(i int) Line {
	if i < 0 || i >= v.Len() {
		return nil
	}
	l := v.layout()
	if l.line == nil {
		return l.lines[i]
	}
	line := l.line(i)
	if l.derived {
		line = detach(line)
	}
	return line
}

// detach takes the places in the payload from a line.
func detach(line Line) Line {
	out := make(Line, len(line))
	for i, s := range line {
		out[i] = Span{Text: s.Text, Kind: s.Kind}
	}
	return out
}

// Fold says what can be folded away below a line: what opens on it, such as a map, an element or a part, has the
// lines after it and before end. It is false where nothing opens.
func (v View) Fold(line int) (end int, ok bool) {
	if v.layout == nil {
		return 0, false
	}
	folds := v.layout().folds
	i := sort.Search(len(folds), func(i int) bool { return folds[i].open >= line })
	if i == len(folds) || folds[i].open != line {
		return 0, false
	}
	return folds[i].end, true
}

// Columns gives the columns of a view that is a table, and nil for others.
func (v View) Columns() []Column {
	if v.layout == nil {
		return nil
	}
	return v.layout().columns
}

// Cells gives the cells of a line of a table, one for each of its columns; those of line 0 are the titles. It is nil
// for a line that goes over the whole width, such as a mistake, and for views that are no table. The text of
// [View.Line] has the same cells padded.
func (v View) Cells(line int) []Line {
	if v.layout == nil || line < 0 || line >= v.Len() {
		return nil
	}
	l := v.layout()
	if l.cells == nil {
		return nil
	}
	cells := l.cells(line)
	if l.derived && cells != nil {
		out := make([]Line, len(cells))
		for i, c := range cells {
			out[i] = detach(c)
		}
		return out
	}
	return cells
}

// Image gives the picture that the payload is. It is nil for other views, and where the picture cannot be read.
func (v View) Image() image.Image {
	if v.layout == nil || v.layout().image == nil {
		return nil
	}
	return v.layout().image()
}

// Lines gives all lines.
func (v View) Lines() []Line {
	lines := make([]Line, v.Len())
	for i := range lines {
		lines[i] = v.Line(i)
	}
	return lines
}

// String gives the text of the view.
func (v View) String() string {
	var b strings.Builder
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, s := range v.Line(i) {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// Truncated says whether the view leaves out a part of the payload; the note says which.
func (v View) Truncated() bool { return v.layout != nil && v.layout().truncated }

// Note gives what the reader should know about the view: what is malformed, what is left out. It is
// empty where there is nothing to say.
func (v View) Note() string {
	if v.layout == nil {
		return ""
	}
	return v.layout().note
}
