package keep

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"
)

// SyntaxError says what is wrong with a file, and where.
type SyntaxError struct {
	Line    int    // from 1
	Key     string // empty where it is about no key
	Problem string
}

func (e *SyntaxError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
	}
	return fmt.Sprintf("line %d, %s: %s", e.Line, e.Key, e.Problem)
}

// statement is a key with its value, and the comments that stand with it.
type statement struct {
	table, key string
	line       int
	value      any // string, bool, number or []element
	remarks    remarks
}

// number is one as it is written.
type number string

// element is a text in an array.
type element struct {
	text    string
	line    int
	remarks remarks
}

// remarks are the comments above a thing, and the one behind it.
type remarks struct {
	above  []string
	behind string
}

// document is a TOML file of the kind that this package writes: tables one deep, and values that are texts, truths, whole
// numbers, or lists of texts. Other TOML is refused.
type document struct {
	statements []statement
	last       []string // comments below the last key
}

// maxFile is how long a file may be, in bytes.
const maxFile = 16 << 20

// parse reads a document. The error is a *SyntaxError.
func parse(text []byte) (*document, error) {
	if len(text) > maxFile {
		return nil, &SyntaxError{Line: 1, Problem: fmt.Sprintf("the file is too large: %d bytes, of at most %d", len(text), maxFile)}
	}
	if at := invalidUTF8(text); at >= 0 {
		return nil, &SyntaxError{Line: 1 + bytes.Count(text[:at], []byte("\n")), Problem: "this is no UTF-8 text"}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	// A line break is \n, whatever git or an editor makes of it: one in a value that is to have \r is written as \r.
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	r := docReader{seen: map[string]bool{}, tables: map[string]bool{}}
	r.p.KeepComments = true
	r.p.Reset(text)
	for r.p.NextExpression() {
		if err := r.expression(r.p.Expression()); err != nil {
			return nil, err
		}
	}
	if err := r.p.Error(); err != nil {
		var at *unstable.ParserError
		line, problem := 1, strings.TrimPrefix(err.Error(), "toml: ")
		if errors.As(err, &at) {
			problem = at.Message
			if within(text, at.Highlight) {
				line = r.line(r.p.Range(at.Highlight))
			}
		}
		return nil, &SyntaxError{Line: line, Problem: problem}
	}
	r.doc.last = r.above
	return &r.doc, nil
}

func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return -1
}

// within tells whether part is a piece of the memory of text.
func within(text, part []byte) bool {
	return len(part) > 0 && cap(part) <= cap(text) && &text[:cap(text)][cap(text)-1] == &part[:cap(part)][cap(part)-1]
}

type docReader struct {
	p            unstable.Parser
	doc          document
	table        string
	above        []string
	seen, tables map[string]bool

	lineAt, lines int // how far lines are counted, as counting from the beginning each time would take its time
}

func (r *docReader) line(at unstable.Range) int {
	to := int(at.Offset)
	if to < r.lineAt {
		r.lineAt, r.lines = 0, 0
	}
	r.lines += bytes.Count(r.p.Data()[r.lineAt:to], []byte("\n"))
	r.lineAt = to
	return r.lines + 1
}

func keyOf(n *unstable.Node) (name string, first *unstable.Node, parts int) {
	for it := n.Key(); it.Next(); {
		k := it.Node()
		if k.Kind != unstable.Key {
			break // a comment, which hangs there too
		}
		if parts == 0 {
			first = k
		}
		if parts++; parts > 1 {
			name += "."
		}
		name += string(k.Data)
	}
	return name, first, parts
}

func (r *docReader) expression(n *unstable.Node) error {
	if n.Kind == unstable.Comment {
		r.above = append(r.above, string(n.Data))
		return nil
	}
	key, first, parts := keyOf(n)
	line := r.line(first.Raw)
	fail := func(problem string) error { return &SyntaxError{line, key, problem} }
	said := remarks{above: r.above}
	r.above = nil
	if c := n.Next(); c != nil && c.Kind == unstable.Comment {
		said.behind = string(c.Data)
	}
	switch {
	case n.Kind == unstable.ArrayTable:
		return fail("a table of tables means nothing here")
	case parts > 1:
		return fail("a key with dots means nothing here; write it in quotes if the dot is of the name")
	case n.Kind == unstable.Table:
		if r.tables[key] {
			return fail("the table stands there twice")
		}
		r.tables[key], r.table = true, key
		r.doc.statements = append(r.doc.statements, statement{table: key, line: line, remarks: said})
		return nil
	}
	place := r.table + "\x00" + key
	if r.seen[place] {
		return fail("the key stands there twice")
	}
	r.seen[place] = true
	value, err := r.value(n.Value(), line, key)
	if err != nil {
		return err
	}
	r.doc.statements = append(r.doc.statements, statement{r.table, key, line, value, said})
	return nil
}

func (r *docReader) value(n *unstable.Node, line int, key string) (any, error) {
	switch n.Kind {
	case unstable.String:
		return string(n.Data), nil
	case unstable.Bool:
		return string(n.Data) == "true", nil
	case unstable.Integer:
		return number(n.Data), nil
	case unstable.InlineTable:
		text, err := r.encoded(n)
		if err != nil {
			return nil, &SyntaxError{line, key, err.Error()}
		}
		return text, nil
	case unstable.Array:
		return r.array(n, line, key)
	}
	return nil, &SyntaxError{line, key, "a text, a whole number, true, false or a list of texts is expected"}
}

// encoded reads what stands for a text that is no UTF-8: { base64 = "…" }.
func (r *docReader) encoded(n *unstable.Node) (string, error) {
	pair := n.Child()
	if pair != nil && pair.Kind == unstable.KeyValue && pair.Next() == nil {
		if name, _, _ := keyOf(pair); name == "base64" && pair.Value().Kind == unstable.String {
			b, err := base64.StdEncoding.DecodeString(string(pair.Value().Data))
			if err != nil {
				return "", errors.New("this is no base64 with padding (RFC 4648 §4)")
			}
			return string(b), nil
		}
	}
	return "", errors.New(`{ base64 = "…" } is expected, which stands for bytes that are no text`)
}

func (r *docReader) array(n *unstable.Node, line int, key string) (any, error) {
	list := []element{}
	var above []string
	for it := n.Children(); it.Next(); {
		c := it.Node()
		if c.Kind == unstable.Comment {
			run := []string{string(c.Data)}
			at := r.line(c.Raw)
			for more := c.Child(); more != nil; more = more.Next() {
				run = append(run, string(more.Data))
			}
			if last := len(list) - 1; last >= 0 && list[last].line == at {
				list[last].remarks.behind, run = run[0], run[1:]
			}
			above = append(above, run...)
			continue
		}
		e := element{line: line, remarks: remarks{above: above}}
		above = nil
		switch c.Kind {
		case unstable.String:
			e.text, e.line = string(c.Data), r.line(c.Raw)
		case unstable.InlineTable:
			e.line = r.line(c.Raw)
			text, err := r.encoded(c)
			if err != nil {
				return nil, &SyntaxError{e.line, key, err.Error()}
			}
			e.text = text
		default:
			return nil, &SyntaxError{line, key, "a list of texts is expected"}
		}
		list = append(list, e)
	}
	if len(above) > 0 {
		list = append(list, element{line: -1, remarks: remarks{above: above}}) // no text: comments at the end
	}
	return list, nil
}

// docWriter writes a document, with the comments of the one that it takes the place of.
type docWriter struct {
	bytes.Buffer
	table   string
	remarks map[string]*remarks // by place; what is written is taken out
	order   []string            // places, as they stood
}

func place(table, key, text string) string { return table + "\x00" + key + "\x00" + text }

// newDocWriter gives a writer that keeps the comments of old, which may be nil.
func newDocWriter(old *document) *docWriter {
	w := &docWriter{remarks: map[string]*remarks{}}
	if old == nil {
		return w
	}
	keep := func(at string, r remarks) {
		if len(r.above) == 0 && r.behind == "" {
			return
		}
		if had := w.remarks[at]; had != nil {
			had.above = append(had.above, r.above...)
			if r.behind != "" {
				had.above = append(had.above, r.behind)
			}
			return
		}
		w.order = append(w.order, at)
		w.remarks[at] = &remarks{slices.Clone(r.above), r.behind}
	}
	for _, s := range old.statements {
		keep(place(s.table, s.key, ""), s.remarks)
		list, _ := s.value.([]element)
		for _, e := range list {
			at := place(s.table, s.key, "="+e.text)
			if e.line < 0 {
				at = place(s.table, s.key, "end")
			}
			keep(at, e.remarks)
		}
	}
	keep(place("", "", "last"), remarks{above: old.last})
	return w
}

func (w *docWriter) take(at string) (r remarks) {
	if had := w.remarks[at]; had != nil {
		r = *had
		delete(w.remarks, at)
	}
	return r
}

func (w *docWriter) above(r remarks, indent string) {
	for _, c := range r.above {
		w.WriteString(indent + c + "\n")
	}
}

func (w *docWriter) end(r remarks) {
	if r.behind != "" {
		w.WriteString("  " + r.behind)
	}
	w.WriteByte('\n')
}

// startTable begins a table. Keys before the first are of none.
func (w *docWriter) startTable(name string) {
	if w.Len() > 0 {
		w.WriteByte('\n')
	}
	w.table = name
	r := w.take(place(name, "", ""))
	w.above(r, "")
	w.WriteString("[" + keyText(name) + "]")
	w.end(r)
}

// set writes a key with a value that is written already.
func (w *docWriter) set(key, value string) {
	r := w.take(place(w.table, key, ""))
	w.above(r, "")
	w.WriteString(keyText(key) + " = " + value)
	w.end(r)
}

// setList writes a list of texts, a line each.
func (w *docWriter) setList(key string, texts []string) {
	r := w.take(place(w.table, key, ""))
	w.above(r, "")
	w.WriteString(keyText(key) + " = [\n")
	for _, text := range texts {
		e := w.take(place(w.table, key, "="+text))
		w.above(e, "  ")
		w.WriteString("  " + lineText(text) + ",")
		w.end(e)
	}
	w.above(w.take(place(w.table, key, "end")), "  ")
	w.WriteByte(']')
	w.end(r)
}

// finish writes the comments whose keys are gone, and those that stood last.
func (w *docWriter) finish() []byte {
	for _, at := range w.order {
		r := w.take(at)
		w.above(r, "")
		if r.behind != "" {
			w.WriteString(r.behind + "\n")
		}
	}
	return w.Bytes()
}

func keyText(key string) string {
	bare := key != ""
	for _, c := range []byte(key) {
		bare = bare && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-')
	}
	if bare {
		return key
	}
	return lineText(key)
}

// lineText writes a text on one line.
func lineText(text string) string {
	if !utf8.ValidString(text) {
		return `{ base64 = "` + base64.StdEncoding.EncodeToString([]byte(text)) + `" }`
	}
	if strings.ContainsAny(text, `"\`) && !strings.ContainsFunc(text, func(c rune) bool { return c == '\'' || isControl(c) }) {
		return "'" + text + "'"
	}
	return `"` + escape(text, false) + `"`
}

// blockText writes a text that may have several lines as they are.
func blockText(text string) string {
	switch {
	case !strings.Contains(text, "\n") || !utf8.ValidString(text):
		return lineText(text)
	case !strings.Contains(text, "'''") && !strings.HasSuffix(text, "'") &&
		!strings.ContainsFunc(text, func(c rune) bool { return c != '\n' && isControl(c) }):
		return "'''\n" + text + "'''"
	}
	return "\"\"\"\n" + escape(text, true) + "\"\"\""
}

// isControl tells whether TOML has a character stand as an escape only.
func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

func escape(text string, lines bool) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '"':
			b.WriteString(`\"`)
		case c == '\\':
			b.WriteString(`\\`)
		case c == '\n' && lines, !isControl(c):
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		default:
			fmt.Fprintf(&b, `\u%04X`, c)
		}
	}
	return b.String()
}
