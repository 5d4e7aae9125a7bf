package view

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"coapscope/protocol/payload"
	"coapscope/ui/draft"
)

// PayloadNote is what is said below a payload as it is written: what it becomes, or where the mistake is.
type PayloadNote struct {
	Lines   []string // for a monospace font
	Concept Concept
	Offset  int // of the mistake in the text; -1 where there is none
}

// Text gives the lines as one text.
func (n *PayloadNote) Text() string { return strings.Join(n.Lines, "\n") }

// NotePayload looks at the payload of a draft that b was built of. file is what is known of the file that it names.
func NotePayload(d *draft.Draft, b *draft.Built, file FilePeek, known bool) PayloadNote {
	n := PayloadNote{Concept: Dim, Offset: -1}
	for _, p := range b.Problems {
		if p.Where == draft.PayloadField && (d.Payload != "" || d.Form == draft.File) {
			n.Concept, n.Offset = Error, p.Offset
			n.Lines = append(markedLine(d.Payload, p.Offset), "✖ "+p.Text)
			return n
		}
	}
	data := b.Request.Message.Payload
	format := -1
	if f, ok := b.Request.Message.ContentFormat(); ok {
		format = int(f)
	}
	switch {
	case b.File != "" && !known:
		n.Lines = []string{"looking at the file …"}
	case b.File != "" && file.Err != nil:
		n.Concept, n.Lines = Error, []string{"✖ " + file.Err.Error()}
	case b.File != "":
		n.Lines = []string{fmt.Sprintf("%s, sent block by block", Bytes(int(file.Size)))}
	case len(data) == 0:
		n.Lines = []string{"no payload"}
	default:
		n.Lines = []string{count(len(data), "byte", "bytes")}
		if d.Form != draft.Text && d.Form != draft.JSON {
			n.Lines[0] += ": " + spaced(data, 24)
		}
		if why, bad := payload.Contradicts(format, data); bad {
			n.Concept = Warning
			n.Lines = append(n.Lines, "▲ "+why)
		}
	}
	return n
}

// markedLine gives the line of a text that has a byte, and below it a mark at that. Long lines are cut around it.
func markedLine(text string, offset int) []string {
	if offset < 0 || offset > len(text) || text == "" {
		return nil
	}
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	line := []rune(strings.Map(visible, text[start:end]))
	column := utf8.RuneCountInString(text[start:offset])
	const around = 16
	head := fmt.Sprintf("line %d: ", strings.Count(text[:offset], "\n")+1)
	from, to := max(0, column-around), min(len(line), column+around)
	cut := string(line[from:to])
	if from > 0 {
		cut, column = "…"+cut, column+1
	}
	if to < len(line) {
		cut += "…"
	}
	return []string{head + cut, strings.Repeat(" ", len(head)+column-from) + "^"}
}

// visible keeps a line in its columns.
func visible(r rune) rune {
	if r < ' ' {
		return ' '
	}
	return r
}

// spaced gives bytes in hex, the first ones of many.
func spaced(data []byte, most int) string {
	var s strings.Builder
	for i, b := range data[:min(most, len(data))] {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(hex.EncodeToString([]byte{b}))
	}
	if len(data) > most {
		s.WriteString(" …")
	}
	return s.String()
}
