package payload

import (
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

// Names of views.
const (
	NameText  = "Text"
	NameJSON  = "JSON"
	NameCBOR  = "CBOR"
	NameLinks = "Links"
	NameHex   = "Hex"
)

// View is one way to show a payload. It is laid out when it is first asked for, may be copied, and may
// be used by several goroutines. The payload must not be changed while it is in use.
type View struct {
	Name   string
	layout func() *layout
}

// layout is a view laid out: lines made beforehand, or one by one when they are asked for.
type layout struct {
	lines     []Line
	count     int
	line      func(i int) Line
	truncated bool
	note      string
}

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
	if l.line != nil {
		return l.line(i)
	}
	return l.lines[i]
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
