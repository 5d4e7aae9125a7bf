package malform

import (
	"fmt"
	"unicode/utf8"

	"coapscope/protocol"
)

// value finds what is wrong with the value of an option that is known, at its place and of a legal length.
func (r *reading) value(o *protocol.Option, info *protocol.OptionInfo) {
	v, isUint := uint64(0), info.Format == protocol.FormatUint
	if isUint {
		v, _ = protocol.DecodeUint(o.Value)
		if len(o.Value) > 0 && o.Value[0] == 0 && !(o.Number == protocol.HopLimit) {
			r.note("RFC 7252 §3.2", "%s has leading zero bytes: recipients have to take them.", info.Name)
		}
	}
	switch {
	case info.Format == protocol.FormatString && !utf8.Valid(o.Value):
		r.note("RFC 7252 §3.2", "%s is not UTF-8. Texts are compared as bytes, so it names something that is not there.", info.Name)
	case o.Number == protocol.URIPath && (string(o.Value) == "." || string(o.Value) == ".."):
		r.note("RFC 7252 §5.10.1", `A path segment must not be "." or "..". What is done with one is not said.`)
	case o.Number == protocol.Accept:
		r.accept(protocol.ContentFormat(v))
	case o.Number == protocol.Observe:
		r.observe(v)
	case o.Number == protocol.HopLimit && v == 0:
		r.find(fault{
			finding: "Hop-Limit is 0.", clause: "RFC 8768 §3",
			likely: answer("a Hop-Limit of 0 is rejected with a 4.00 by those who know the option", "RFC 8768 §3", protocol.BadRequest),
		})
	case o.Number == protocol.Block1 || o.Number == protocol.Block2 || o.Number == protocol.QBlock1 || o.Number == protocol.QBlock2:
		if v&7 == 7 {
			r.find(fault{
				finding: info.Name + " has size exponent 7, which is reserved.", clause: "RFC 7959 §2.2",
				must: answer("a reserved block size is answered with a 4.00", "RFC 7959 §2.2", protocol.BadRequest),
			})
		} else if o.Number == protocol.Block2 && v&8 != 0 {
			r.note("RFC 7959 §2.2", "M in the Block2 option of a request is ignored.")
		}
	}
}

func (r *reading) accept(f protocol.ContentFormat) {
	if _, known := f.Info(); known {
		return
	}
	found := fault{finding: fmt.Sprintf("Accept asks for content format %d, which is not registered, so no server has it.", uint16(f)), clause: "RFC 7252 §5.10.4"}
	not := answer("a content format that cannot be returned is answered with a 4.06", "RFC 7252 §5.10.4", protocol.NotAcceptable)
	if r.m.Code == protocol.GET || r.m.Code == protocol.FETCH {
		found.must = append(not, Outcome{Kind: Answer, Classes: []uint8{4, 5}, Why: "another error takes precedence", Clause: "RFC 7252 §5.10.4"})
	} else {
		found.likely = not
	}
	r.find(found)
}

func (r *reading) observe(v uint64) {
	switch c := r.m.Code; {
	case c != protocol.GET && c != protocol.FETCH:
		r.note("RFC 7641 §2", "Observe means nothing with %s: being elective, it is ignored.", c.Short())
	case v > 1:
		r.note("RFC 7641 §2", "Observe is neither 0 nor 1, so it neither registers nor deregisters.")
	}
}

// blocks finds what is wrong with the options of transfers in blocks together (RFC 7959, RFC 9177).
func (r *reading) blocks() {
	o := r.m.Options
	q1, q2 := o.Has(protocol.QBlock1), o.Has(protocol.QBlock2)
	if (q1 || q2) && (o.Has(protocol.Block1) || o.Has(protocol.Block2)) {
		r.find(fault{
			finding: "Options of Block and of Q-Block are mixed.", clause: "RFC 9177 §4.1",
			must: answer("a mix of Block and Q-Block options is answered with a 4.02", "RFC 9177 §4.1", protocol.BadOption),
		})
	}
	if q1 && (!o.Has(protocol.RequestTag) || !o.Has(protocol.Size1)) {
		r.find(fault{
			finding: "Q-Block1 lacks the Request-Tag or the Size1 that belongs to it.", clause: "RFC 9177 §4.3",
			must: answer("Q-Block1 without Request-Tag or Size1 is answered with a 4.00", "RFC 9177 §4.3", protocol.BadRequest),
		})
	}
	last := -1
	for v := range o.All(protocol.QBlock2) {
		b, ok := protocol.DecodeBlock(v)
		if ok && int(b.Num) <= last {
			r.find(fault{
				finding: "Missing blocks are not asked for in increasing order.", clause: "RFC 9177 §4.4",
				likely: answer("block numbers that do not increase are answered with a 4.00", "RFC 9177 §4.4", protocol.BadRequest),
			})
			break
		}
		last = int(b.Num)
	}
	if b, ok := o.Block(protocol.Block1); ok && b.SZX < 7 {
		r.block1(b)
	}
}

func (r *reading) block1(b protocol.Block) {
	if b.Num > 0 {
		r.find(fault{
			finding: fmt.Sprintf("Block %d of a body of which the server has no block before.", b.Num), clause: "RFC 7959 §2.5",
			likely: answer("blocks that are missing are reported with a 4.08", "RFC 7959 §2.5", protocol.RequestEntityIncomplete),
		})
	}
	if b.More && len(r.m.Payload) != b.Size() {
		r.find(fault{
			finding: fmt.Sprintf("The payload has %s, the block %d, though more follows.", bytesText(len(r.m.Payload)), b.Size()), clause: "RFC 7959 §2.3",
			likely: answer("the payload of a block that is not the last must have the size of the block", "RFC 7959 §2.3", protocol.BadRequest),
		})
	}
}
