package dissect

import "coapscope/protocol"

// checkRequest applies the rules for what goes with a method.
func (t *Tree) checkRequest() {
	if t.Code == protocol.FETCH && !t.has(protocol.ContentFormatOption) && !t.has(protocol.OSCORE) {
		t.reportField(ruleFetchWithoutFormat, t.codeAt, "Content-Format", "none")
	}
	if t.seen&(1<<protocol.ETag|1<<protocol.IfNoneMatch|1<<protocol.Size2) == 0 {
		return
	}
	if t.has(protocol.ETag) && t.Code != protocol.GET && t.Code != protocol.FETCH {
		t.reportField(ruleETagMethod, t.firstField(protocol.ETag), "GET or FETCH", t.codeShort())
	}
	if t.has(protocol.IfNoneMatch) {
		t.checkIfNoneMatch()
	}
	if t.has(protocol.Size2) {
		o := &t.Options[t.FirstOption(protocol.Size2)]
		if v, ok := protocol.DecodeUint(o.Value); !ok || v != 0 {
			t.reportOption(ruleSize2Request, o, "0", uintText(o.Value))
		}
	}
}

// checkIfNoneMatch reports conditions that are never fulfilled (RFC 7252 §5.10.8.2, RFC 7959 §2.10).
func (t *Tree) checkIfNoneMatch() {
	field := t.firstField(protocol.IfNoneMatch)
	switch t.Code {
	case protocol.GET, protocol.DELETE, protocol.FETCH:
		t.reportField(ruleIfNoneMatchMethod, field, "PUT, POST, PATCH or iPATCH", t.codeShort())
	}
	if t.has(protocol.IfMatch) {
		t.reportField(ruleBothConditions, field, "one condition", "two")
	}
	if t.has(protocol.Block1) {
		if b, ok := protocol.DecodeBlock(t.Options[t.FirstOption(protocol.Block1)].Value); ok && b.Num > 0 {
			t.reportField(ruleIfNoneMatchBlock, field, "block 0", "block "+number(uint64(b.Num)))
		}
	}
}

// firstField gives the field of the first option of that number, which is there.
func (t *Tree) firstField(n protocol.OptionNumber) int { return t.Options[t.FirstOption(n)].Field }

// codeShort gives the name of a method, or the code.
func (t *Tree) codeShort() string {
	if info, ok := t.Names.Code(t.Code); ok && t.Code.IsRequest() {
		return info.Name
	}
	return t.Code.Dotted()
}

// checkResponse applies the rules for what goes with a response code.
func (t *Tree) checkResponse() {
	switch t.Code {
	case protocol.Valid:
		t.checkValid()
	case protocol.Continue:
		if !t.has(protocol.Block1) && !t.has(protocol.QBlock1) {
			t.reportField(ruleContinueWithoutBlock, t.codeAt, "Block1 or Q-Block1", "neither")
		}
	case protocol.BadRequest, protocol.NotFound:
		if t.has(protocol.ETag) {
			t.reportField(ruleETagError, t.firstField(protocol.ETag), "no ETag in "+t.codeText(), "one")
		}
	case protocol.RequestEntityIncomplete:
		if f, ok := t.ContentFormat(); ok && f == protocol.MissingBlocks {
			t.checkMissingBlocksPayload()
		}
	case protocol.RequestEntityTooLarge:
		if !t.has(protocol.Size1) && !t.has(protocol.OSCORE) {
			t.reportField(ruleTooLargeWithoutSize, t.codeAt, "Size1", "none")
		}
	}
	if t.has(protocol.Observe) && t.Code.Class() == 2 && t.Code != protocol.Content && t.Code != protocol.Valid {
		t.reportField(ruleObserveCode, t.codeAt, "2.05 Content or 2.03 Valid", t.codeText())
	}
}

// checkValid reports what 2.03 must not be (RFC 7252 §5.9.1.3).
func (t *Tree) checkValid() {
	if t.Code != protocol.Valid {
		return
	}
	if len(t.Payload) > 0 {
		t.reportField(ruleValidWithPayload, len(t.Fields)-1, "no payload", count(len(t.Payload), "byte"))
	}
	if !t.has(protocol.ETag) && !t.has(protocol.OSCORE) {
		t.reportField(ruleValidWithoutETag, t.codeAt, "an ETag option", "none")
	}
}

// checkSignaling applies the rules for what goes with a signalling code (RFC 8323 §5).
func (t *Tree) checkSignaling() {
	if t.Code == protocol.Abort && len(t.Payload) == 0 {
		t.reportField(ruleAbortWithoutDiagnostic, t.codeAt, "a diagnostic payload", "none")
	}
}

// checkSignalingOption reports values that a signalling option must not have.
func (t *Tree) checkSignalingOption(o *OptionEntry) {
	if t.Code != protocol.CSM || o.Number != protocol.ExtendedTokenLength {
		return
	}
	if v, ok := protocol.DecodeUint(o.Value); !ok || v < 8 || v > protocol.MaxTokenLength {
		t.reportOption(ruleExtendedTokenRange, o, "8 to 65804", uintText(o.Value))
	}
}
