package dissect

import "coapscope/protocol"

const (
	blockOptions  = 1<<protocol.Block1 | 1<<protocol.Block2
	qBlockOptions = 1<<protocol.QBlock1 | 1<<protocol.QBlock2
)

// checkBlocks applies the rules for what goes with options of block-wise transfers (RFC 7959, RFC 9177).
func (t *Tree) checkBlocks() {
	if t.seen&(blockOptions|qBlockOptions) == 0 {
		return
	}
	t.checkBlockPayload()
	if t.seen&qBlockOptions != 0 {
		t.checkQBlocks()
	}
	if t.context == protocol.InResponse && t.has(protocol.Block1) && t.has(protocol.Block2) {
		o := &t.Options[t.FirstOption(protocol.Block1)]
		if b, ok := protocol.DecodeBlock(o.Value); ok && b.More {
			t.reportOption(ruleBlock1MoreBlock2, &t.Options[t.FirstOption(protocol.Block2)], "Block1 alone", "Block1 "+t.blockParams(b)+" and Block2")
		}
	}
}

// checkQBlocks applies the rules for Q-Block1 and Q-Block2 (RFC 9177 §4).
func (t *Tree) checkQBlocks() {
	first := &t.Options[max(t.FirstOption(protocol.QBlock1), 0)]
	if !t.has(protocol.QBlock1) {
		first = &t.Options[t.FirstOption(protocol.QBlock2)]
	}
	if t.seen&blockOptions != 0 {
		t.reportField(ruleBlockBesideQBlock, first.Field, "one kind of block options", "both")
	}
	switch {
	case t.context == protocol.InRequest && t.has(protocol.QBlock1):
		if t.FirstOption(protocol.RequestTag) < 0 {
			t.reportField(ruleQBlock1Tag, first.Field, "Request-Tag", "none")
		}
		if !t.has(protocol.Size1) {
			t.reportField(ruleQBlockSize, first.Field, "Size1", "none")
		}
	case t.context == protocol.InResponse && t.has(protocol.QBlock2) && !t.has(protocol.Size2):
		t.reportField(ruleQBlockSize, t.Options[t.FirstOption(protocol.QBlock2)].Field, "Size2", "none")
	}
	if t.context == protocol.InRequest {
		t.checkAskedBlocks()
	}
}

// checkAskedBlocks reports block numbers that do not increase (RFC 9177 §4.4).
func (t *Tree) checkAskedBlocks() {
	last := -1
	for i := range t.Options {
		o := &t.Options[i]
		b, ok := protocol.DecodeBlock(o.Value)
		if o.Number != protocol.QBlock2 || !ok {
			continue
		}
		if int(b.Num) <= last {
			t.reportPart(ruleQBlock2Order, o, BlockNum, "more than "+numberOf(last), numberOf(int(b.Num)))
		}
		last = int(b.Num)
	}
}

// checkBlockPayload reports a payload that is not the block that the option about it says it is (RFC 7959 §2.3,
// RFC 9177 §4.2), or not blocks of BERT (RFC 8323 §6).
func (t *Tree) checkBlockPayload() {
	n, q := protocol.Block1, protocol.QBlock1
	if t.context == protocol.InResponse {
		n, q = protocol.Block2, protocol.QBlock2
	}
	i := t.FirstOption(n)
	if i < 0 {
		i = t.FirstOption(q)
	}
	if i < 0 {
		return
	}
	b, ok := protocol.DecodeBlock(t.Options[i].Value)
	if !ok || !b.More || len(t.Payload) == b.Size() {
		return
	}
	id, expected := ruleBlockPayload, count(b.Size(), "byte")
	if b.SZX == 7 {
		if t.Framing == protocol.DatagramFraming || len(t.Payload) > 0 && len(t.Payload)%1024 == 0 {
			return // what is wrong on UDP is SZX itself
		}
		id, expected = ruleBERTPayload, "a multiple of 1024 bytes"
	}
	if len(t.Payload) == 0 {
		t.reportOption(id, &t.Options[i], expected, "no payload")
		return
	}
	t.reportField(id, t.Find(Payload), expected, count(len(t.Payload), "byte"))
}

// checkMissingBlocksPayload reports what the payload of a 4.08 must not be that lists missing blocks (RFC 9177 §5).
func (t *Tree) checkMissingBlocksPayload() {
	if t.Framing.Reliable() {
		t.reportField(ruleMissingBlocksReliable, t.firstField(protocol.ContentFormatOption), "another response", t.Framing.String())
	}
	if len(t.Payload) == 0 {
		t.reportField(ruleMissingBlocksPayload, t.firstField(protocol.ContentFormatOption), "one block number or more", "no payload")
		return
	}
	field := t.Find(Payload)
	start, last := t.Fields[field].FirstByte(), -1
	for at := 0; at < len(t.Payload); {
		n, length := cborUint(t.Payload[at:])
		switch {
		case length == 0:
			t.report(ruleMissingBlocksPayload, bytesSpan(start+at, start+at+1), field, "a CBOR unsigned integer", "0x"+hexByte(t.Payload[at]))
			return
		case n > protocol.MaxBlockNum:
			t.report(ruleMissingBlocksPayload, bytesSpan(start+at, start+at+length), field, "1048575 at most", number(n))
			return
		case int(n) <= last:
			t.report(ruleMissingBlocksPayload, bytesSpan(start+at, start+at+length), field, "more than "+numberOf(last), number(n))
			return
		}
		last = int(n)
		at += length
	}
}

// cborUint reads an unsigned integer of CBOR (RFC 8949 §3.1). Its length is 0 for anything else.
func cborUint(b []byte) (v uint64, length int) {
	switch head := b[0]; {
	case head < 24:
		return uint64(head), 1
	case head > 27:
		return 0, 0
	default:
		length = 1 + 1<<(head-24)
	}
	if len(b) < length {
		return 0, 0
	}
	for _, c := range b[1:length] {
		v = v<<8 | uint64(c)
	}
	return v, length
}
