package draft

import (
	"cmp"
	"slices"

	"coapscope/protocol"
)

// Row is an option of a draft as it is edited: one that the user wrote, or one that the address makes. Address and
// options edit each other by it.
type Row struct {
	Number  protocol.OptionNumber
	Text    string
	Own     int // index in Draft.Options; -1 for one that the address makes
	Part    int // index in [Parts] of the address; -1 for none
	Place   int // among the options of the message; -1 for one that is not in it
	Off     bool
	Problem string
}

// Editable tells whether the row can be written to. One that follows from what is asked for otherwise cannot, such as
// Uri-Host, which is the host of the address.
func (r *Row) Editable() bool { return r.Own >= 0 || r.Part >= 0 }

// Rows gives the options of a draft in the order of the message that b is. One whose value is wrong is not in the
// message, and stands where it will be: a row must not move away from the cursor while it is typed.
func (d *Draft) Rows(b *Built) (rows []Row) {
	used := make([]bool, len(d.Options))
	parts := Parts(d.Address)
	options := b.Request.Message.Options
	places := make([]int, len(parts)) // in the message, of each part
	for i := range places {
		places[i] = -1
	}
	for _, number := range []protocol.OptionNumber{protocol.URIPath, protocol.URIQuery} {
		var made []int
		for i, o := range options {
			if o.Number == number && b.Own[i] < 0 {
				made = append(made, i)
			}
		}
		of := func(p Part) bool { return p.Number == number }
		if count := len(parts); count > 0 && len(made) == countOf(parts, of) {
			for i, k := 0, 0; i < count; i++ {
				if of(parts[i]) {
					places[i] = made[k]
					k++
				}
			}
		}
	}
	for i, o := range options {
		switch own := b.Own[i]; {
		case own >= 0:
			rows = append(rows, Row{Number: o.Number, Text: d.Options[own].Text, Own: own, Part: -1, Place: i})
			used[own] = true
		case slices.Contains(places, i):
			part := slices.Index(places, i)
			rows = append(rows, Row{Number: o.Number, Text: parts[part].Text, Own: -1, Part: part, Place: i})
		default:
			rows = append(rows, Row{Number: o.Number, Text: OptionText(o), Own: -1, Part: -1, Place: i})
		}
	}
	if hasProblem(b, AddressField) {
		for i, p := range parts {
			rows = append(rows, Row{Number: p.Number, Text: p.Text, Own: -1, Part: i, Place: -1})
		}
	}
	for j, own := range d.Options {
		if !used[j] {
			rows = append(rows, Row{Number: own.Number, Text: own.Text, Own: j, Part: -1, Place: -1, Off: own.Off})
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Own, b.Own))
	})
	for _, p := range b.Problems {
		for i := range rows {
			if p.Where == OptionField && p.Option >= 0 && rows[i].Own == p.Option {
				rows[i].Problem = p.Text
			}
		}
	}
	return rows
}

func countOf(parts []Part, is func(Part) bool) (n int) {
	for _, p := range parts {
		if is(p) {
			n++
		}
	}
	return n
}

func hasProblem(b *Built, f Field) bool {
	return slices.ContainsFunc(b.Problems, func(p Problem) bool { return p.Where == f })
}

// SetRow writes the value of a row: into the address, where it is of that.
func (d *Draft) SetRow(r *Row, text string) {
	switch {
	case r.Own >= 0 && r.Own < len(d.Options):
		d.Options[r.Own].Text = text
	case r.Part >= 0:
		if parts := Parts(d.Address); r.Part < len(parts) {
			parts[r.Part].Text = text
			d.Address = WithParts(d.Address, parts)
		}
	}
}

// RemoveRow takes a row out.
func (d *Draft) RemoveRow(r *Row) {
	switch {
	case r.Own >= 0 && r.Own < len(d.Options):
		d.Options = slices.Delete(slices.Clone(d.Options), r.Own, r.Own+1)
	case r.Part >= 0:
		if parts := Parts(d.Address); r.Part < len(parts) {
			d.Address = WithParts(d.Address, slices.Delete(parts, r.Part, r.Part+1))
		}
	}
}

// AddOption adds an option without a value: to the address, where it is of that. It gives what the row of it has in Own
// and Part.
func (d *Draft) AddOption(n protocol.OptionNumber) (own, part int) {
	if n == protocol.URIPath || n == protocol.URIQuery {
		parts := Parts(d.Address)
		segments := countOf(parts, func(p Part) bool { return p.Number == protocol.URIPath })
		// An empty segment as the first would be no path at all.
		if d.Address != "" && (n == protocol.URIQuery || segments > 0) {
			at := len(parts)
			if n == protocol.URIPath {
				at = segments
			}
			d.Address = WithParts(d.Address, slices.Insert(parts, at, Part{Number: n}))
			return -1, at
		}
	}
	d.Options = append(d.Options, Option{Number: n})
	return len(d.Options) - 1, -1
}
