package blockwise

import (
	"slices"

	"coapscope/protocol"
)

// hasBlock tells whether there is an option for a block, of RFC 7959 or RFC 9177.
func hasBlock(options protocol.Options) bool {
	return slices.ContainsFunc(options, func(o protocol.Option) bool {
		switch o.Number {
		case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
			return true
		}
		return false
	})
}

// askBlock2 adds the option that asks for the block, or proposes its size.
func (t *Transfer) askBlock2(options protocol.Options, num uint32) protocol.Options {
	t.asked2 = true
	return options.Set(protocol.Block2, protocol.Block{Num: num, SZX: t.szx2}.Value())
}

// askSize adds the option that asks for the size of the response's body, to what may begin it.
func (t *Transfer) askSize(options protocol.Options) protocol.Options {
	if !t.config.AskSize || options.Has(protocol.Size2) {
		return options
	}
	return options.Set(protocol.Size2, nil)
}

// proposes tells whether a request that can begin the response names a block size: as one before has, when it begins anew.
func (t *Transfer) proposes() bool { return t.config.EarlyNegotiation || t.asked2 }

// repeated are the options of the messages in the middle of a body, which differ only in the value of
// a Block option: they are made once.
type repeated struct {
	options protocol.Options
	at      int
	value   []byte
}

// of makes the options for messages after the first of the request. If-None-Match works with the
// first block only (RFC 7959 §2.10), and the size has been said.
func (r *repeated) of(request protocol.Options, n protocol.OptionNumber) {
	r.options = request.Without(protocol.IfNoneMatch).Without(protocol.Size1).Set(n, nil)
	r.at = slices.IndexFunc(r.options, func(o protocol.Option) bool { return o.Number == n })
	r.value = make([]byte, 0, 4)
}

// with gives them with the block. They are valid until the next call.
func (r *repeated) with(b protocol.Block) protocol.Options {
	r.value = protocol.AppendUint(r.value[:0], uint64(b.Uint()))
	r.options[r.at].Value = r.value
	return r.options
}
