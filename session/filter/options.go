package filter

import (
	"slices"

	"coapscope/protocol"
)

// optionFields gives the fields of all options in the registry, by their names in lower case. A name that several
// signalling codes have is one field.
func optionFields() (fields []Field) {
	add := func(row protocol.OptionInfo, codes []protocol.Code) {
		f := optionField(row, codes)
		fields = append(fields, f)
		if row.Code == protocol.Empty && isBlock(&row) {
			fields = append(fields, blockFields(f.Name, row)...)
		}
	}
	for _, row := range protocol.OptionTable() {
		add(row, nil)
	}
	signaling := protocol.SignalingOptionTable()
	for i, row := range signaling {
		same := func(other protocol.OptionInfo) bool { return other.Name == row.Name && other.Number == row.Number }
		if slices.IndexFunc(signaling, same) < i {
			continue
		}
		var codes []protocol.Code
		for _, other := range signaling {
			if same(other) {
				codes = append(codes, other.Code)
			}
		}
		add(row, codes)
	}
	return fields
}

// optionField makes the field of an option; codes are those of the signalling messages that have it.
func optionField(row protocol.OptionInfo, codes []protocol.Code) Field {
	f := Field{Name: fieldName(row.Name), About: "option " + row.Name}
	if row.Reference != "" {
		f.About += " (" + row.Reference + ")"
	}
	in := func(c protocol.Code) bool { return !c.IsSignaling() }
	if len(codes) > 0 {
		in = func(c protocol.Code) bool { return slices.Contains(codes, c) }
	}
	read := bytesOf
	switch {
	case len(codes) == 0 && isBlock(&row):
		f.Kind, read = Text, readBlock
	case len(codes) == 0 && (row.Number == protocol.ContentFormatOption || row.Number == protocol.Accept):
		f.Kind, read = Format, uintOf
	case row.Format == protocol.FormatUint:
		f.Kind, read = Number, uintOf
	case row.Format == protocol.FormatString:
		f.Kind = Text
	case row.Format == protocol.FormatEmpty:
		f.Kind = Flag
	default:
		f.Kind = Bytes
	}
	f.get = optionGetter(row.Number, in, read)
	return f
}

// namedField makes the field of an option that the user has named.
func namedField(row protocol.OptionInfo) Field {
	if row.Code.IsSignaling() {
		return optionField(row, []protocol.Code{row.Code})
	}
	return optionField(row, nil)
}

// optionGetter goes over the options of a number, in messages with a code that in is true for.
func optionGetter(n protocol.OptionNumber, in func(protocol.Code) bool, read func(p *Packet, v []byte)) get {
	return func(p *Packet, at int) int {
		m, _ := p.Message()
		for i := at; i < len(m.Options); i++ {
			o := &m.Options[i]
			if o.Number > n {
				break
			}
			if o.Number == n && (in == nil || in(m.Code)) {
				p.value = value{}
				read(p, o.Value)
				return i + 1
			}
		}
		return 0
	}
}

func bytesOf(p *Packet, v []byte) { p.value.b = v }

func uintOf(p *Packet, v []byte) {
	n, ok := protocol.DecodeUint(v)
	p.value.n, p.value.b, p.value.bad = n, v, !ok
}

// readBlock gives a block as NUM/M/size.
func readBlock(p *Packet, v []byte) {
	b, ok := protocol.DecodeBlock(v)
	if !ok {
		p.value.b, p.value.bad = v, true
		return
	}
	out := append(appendUint(p.scratch[:0], uint64(b.Num)), "/0/"...)
	if b.More {
		out[len(out)-2] = '1'
	}
	p.scratch = appendUint(out, uint64(b.Size()))
	p.value.b = p.scratch
}

// blockFields gives the parts of a block option (RFC 7959 §2.2).
func blockFields(name string, row protocol.OptionInfo) []Field {
	part := func(suffix, about string, of func(b protocol.Block) uint64) Field {
		read := func(p *Packet, v []byte) {
			b, ok := protocol.DecodeBlock(v)
			p.value.n, p.value.b, p.value.bad = of(b), v, !ok
		}
		in := func(c protocol.Code) bool { return !c.IsSignaling() }
		return Field{Name: name + suffix, Kind: Number, About: about, get: optionGetter(row.Number, in, read)}
	}
	return []Field{
		part(".num", "block number", func(b protocol.Block) uint64 { return uint64(b.Num) }),
		part(".more", "1 if more blocks follow, else 0", func(b protocol.Block) uint64 {
			if b.More {
				return 1
			}
			return 0
		}),
		part(".size", "block size in bytes", func(b protocol.Block) uint64 { return uint64(b.Size()) }),
	}
}
