package linkformat

import (
	"strconv"
	"strings"
)

// MaxSize is what [Link.Size] gives for sizes that do not fit: RFC 6690 §3.3 sets no limit, and
// suggests a value that means "Big".
const MaxSize = 1<<63 - 1

// Span is a range of bytes in the payload: from Start up to, not including, End. It is zero for
// what was not read from a payload.
type Span struct{ Start, End int }

// Form is the way in which the value of an attribute is written.
type Form uint8

const (
	// Flag is an attribute without value, such as obs.
	Flag Form = iota
	// Token is a value without quotes, such as in ct=40.
	Token
	// Quoted is a value in double quotes, such as in rt="temperature".
	Quoted
)

// Attribute is one link-param: a target attribute, or rel, rev or anchor (RFC 6690 §2).
type Attribute struct {
	Name  string
	Value string // without quotes and escapes; empty for a flag
	Form  Form
	// Span covers name and value; ValueSpan the value with its quotes.
	Span, ValueSpan Span
}

// NewFlag makes an attribute without value, such as obs.
func NewFlag(name string) Attribute { return Attribute{Name: name, Form: Flag} }

// NewText makes an attribute whose value stands in quotes, such as rt, if and title.
func NewText(name, value string) Attribute {
	return Attribute{Name: name, Value: value, Form: Quoted}
}

// NewNumber makes an attribute whose value is a cardinal, such as sz and ct.
func NewNumber(name string, value uint64) Attribute {
	return Attribute{Name: name, Value: strconv.FormatUint(value, 10), Form: Token}
}

// Link is one link-value: a target with its attributes in order.
type Link struct {
	Target     string // the URI-Reference between < and >, as it was written
	Attributes []Attribute
	// Span covers the whole link, TargetSpan what stands between < and >.
	Span, TargetSpan Span
}

// Links is a link-value-list, in order.
type Links []Link

// Attribute gives the first attribute of that name. Names are compared without regard to case
// (RFC 8288 §B.3).
func (l Link) Attribute(name string) (Attribute, bool) {
	for _, a := range l.Attributes {
		if strings.EqualFold(a.Name, name) {
			return a, true
		}
	}
	return Attribute{}, false
}

// Value gives the value of the first attribute of that name, or "".
func (l Link) Value(name string) string {
	a, _ := l.Attribute(name)
	return a.Value
}

// Values gives the values of all attributes of that name, each split at spaces.
func (l Link) Values(name string) []string {
	var values []string
	for _, a := range l.Attributes {
		if strings.EqualFold(a.Name, name) {
			values = append(values, split(a.Value)...)
		}
	}
	return values
}

// ResourceTypes gives the values of rt (RFC 6690 §3.1).
func (l Link) ResourceTypes() []string { return l.Values("rt") }

// Interfaces gives the values of if (RFC 6690 §3.2).
func (l Link) Interfaces() []string { return l.Values("if") }

// ContentFormats gives the numbers in ct (RFC 7252 §7.2.1); what is no content-format number is
// left out.
func (l Link) ContentFormats() []uint16 {
	var numbers []uint16
	for _, v := range l.Values("ct") {
		if n, err := strconv.ParseUint(v, 10, 16); err == nil {
			numbers = append(numbers, uint16(n))
		}
	}
	return numbers
}

// Size gives the maximum size estimate sz in bytes, at most [MaxSize] (RFC 6690 §3.3). It is false
// where there is none, or none that is a number.
func (l Link) Size() (bytes int64, ok bool) {
	v := l.Value("sz")
	if !digits(v) {
		return 0, false
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return MaxSize, true
	}
	return n, true
}

// Observable says whether obs is there; its value, if any, is ignored (RFC 7641 §6).
func (l Link) Observable() bool {
	_, ok := l.Attribute("obs")
	return ok
}

// Title gives the title for people: title* where it is there and can be decoded, else title
// (RFC 8288 §3.4.1).
func (l Link) Title() string {
	if a, ok := l.Attribute("title*"); ok {
		if title, _, ok := DecodeExtended(a.Value); ok {
			return title
		}
	}
	return l.Value("title")
}

// Anchor gives the anchor as it was written, or "" where there is none (RFC 6690 §2.3).
func (l Link) Anchor() string { return l.Value("anchor") }

// Rel gives the relation types: those of the first rel, or "hosts" where there is none
// (RFC 6690 §2.2).
func (l Link) Rel() []string {
	if a, ok := l.Attribute("rel"); ok {
		return split(a.Value)
	}
	return []string{"hosts"}
}

func split(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ' ' })
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// cardinal is RFC 6690 §2: digits without leading zero.
func cardinal(s string) bool { return digits(s) && (s == "0" || s[0] != '0') }
