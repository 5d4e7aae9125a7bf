package payload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// linkColumns are the columns of the table of links and the attributes in them; what no link has is left out.
var linkColumns = []Column{
	{Title: "Target"},
	{Title: "Resource type"},
	{Title: "Interface"},
	{Title: "Content-Format"},
	{Title: "Size", Right: true},
	{Title: "Observable"},
	{Title: "Title"},
	{Title: "Other attributes"},
}

var linkAttributes = map[string]int{"rt": 1, "if": 2, "ct": 3, "sz": 4, "obs": 5, "title": 6}

const otherAttributes = 7 // the column

// layoutLinkTable shows a link a row, and below it what is wrong with it.
func layoutLinkTable(data []byte) *layout {
	t := newTable(slices.Clone(linkColumns)...)
	var notes []string
	read := data
	if len(data) > maxLinkBytes {
		read = data[:maxLinkBytes]
		notes = append(notes, fmt.Sprintf("only the first %d of %d bytes are shown", maxLinkBytes, len(data)))
	}
	used := make([]bool, len(linkColumns))
	used[0] = true
	links, problems := 0, 0
	for l, errs := range linkformat.All(read) {
		if t.full {
			notes = append(notes, fmt.Sprintf("only the first %d lines are shown", maxRows))
			break
		}
		if l != nil {
			links++
			cells, cut := linkCells(data, *l)
			if cut && len(notes) < 2 {
				notes = append(notes, fmt.Sprintf("only the first %d attributes of a link are shown", maxAttributes))
			}
			for i, c := range cells {
				used[i] = used[i] || len(c) > 0
			}
			t.row(cells...)
		}
		for _, e := range errs {
			problems++
			at := min(e.Offset, len(data))
			t.over(Span{visible([]byte(fmt.Sprintf("byte %d, %s: %s (%s)", e.Offset, e.Part, e.Problem, e.Reference))), KindError, at, min(at+1, len(data))})
		}
	}
	t.keep(used)
	note := count(links, "link")
	if problems > 0 {
		note += ", " + count(problems, "mistake")
	}
	return t.layout(strings.Join(append([]string{note}, notes...), "; "), len(notes) > 0)
}

func linkCells(data []byte, l linkformat.Link) (cells []Line, cut bool) {
	cells = make([]Line, len(linkColumns))
	shown := func(kind Kind, start, end int) Span {
		return Span{string(clipText([]byte(visible(data[start:end])))), kind, start, end}
	}
	cells[0] = Line{shown(KindLiteral, l.TargetSpan.Start, l.TargetSpan.End)}
	for i, a := range l.Attributes {
		if i == maxAttributes {
			return cells, true
		}
		column, known := linkAttributes[a.Name]
		if !known || len(cells[column]) > 0 {
			column = otherAttributes
		}
		cell := cells[column]
		switch {
		case column == otherAttributes:
			if len(cell) > 0 {
				cell = append(cell, Span{Text: "; ", Kind: KindPunctuation})
			}
			cell = append(cell, shown(KindKey, a.Span.Start, a.Span.Start+len(a.Name)))
			if a.Form != linkformat.Flag {
				cell = append(cell, Span{Text: "=", Kind: KindPunctuation}, shown(KindString, a.ValueSpan.Start, a.ValueSpan.End))
			}
		case a.Name == "obs":
			cell = Line{{"yes", KindLiteral, a.Span.Start, a.Span.End}}
		case a.Name == "ct":
			cell = Line{{string(clipText([]byte(formatNames(a.Value)))), KindLiteral, a.ValueSpan.Start, a.ValueSpan.End}}
		case a.Form == linkformat.Flag:
			cell = Line{shown(KindComment, a.Span.Start, a.Span.End)}
		case a.Name == "sz":
			cell = Line{shown(KindNumber, a.ValueSpan.Start, a.ValueSpan.End)}
		default:
			cell = Line{{string(clipText([]byte(visible([]byte(a.Value))))), KindString, a.ValueSpan.Start, a.ValueSpan.End}}
		}
		cells[column] = cell
	}
	return cells, false
}

// formatNames puts the numbers of content formats into words; several stand with blanks between them (RFC 7252 §7.2.1).
func formatNames(value string) string {
	words := strings.Fields(value)
	for i, w := range words {
		n, err := strconv.ParseUint(w, 10, 16)
		if err != nil || i >= 32 {
			words[i] = visible([]byte(w))
			continue
		}
		if name := protocol.ContentFormat(n).String(); name != w {
			words[i] = name + " (" + w + ")"
		}
	}
	return strings.Join(words, ", ")
}
