package session

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"coapscope/protocol"
	"coapscope/session/blockwise"
)

// ErrSuperseded is why the rest of a notification's body was not fetched: a newer one came meanwhile.
var ErrSuperseded = errors.New("a newer notification came before the whole body of this one (RFC 7959 §2.6)")

// representation is one that the server may select by its entity tag.
type representation struct {
	etag    []byte
	message protocol.Message
}

// maxRepresentations is how many are kept for one registration; older ones are forgotten.
const maxRepresentations = 4

// fetch is the rest of a body on its way (RFC 7959 §3.4).
type fetch struct {
	cancel context.CancelFunc
	done   chan struct{}
	first  protocol.Message
	then   func(whole protocol.Message, err error) (ObservationEnd, bool)
}

// notified tells a fresh notification with its whole body, and keeps that if it may be selected later.
func (g *registration) notified(n Notification) {
	if etag, ok := n.Message.Options.First(protocol.ETag); ok && n.Err == nil && g.request.Cache != NoCache {
		i := slices.IndexFunc(g.kept, func(r representation) bool { return bytes.Equal(r.etag, etag) })
		switch {
		case n.Message.Code == protocol.Valid && i >= 0:
			n.Selected = true
			n.Message.Payload = bytes.Clone(g.kept[i].message.Payload) // whoever is told may change it
			if format, ok := g.kept[i].message.Options.First(protocol.ContentFormatOption); ok {
				n.Message.Options = n.Message.Options.Set(protocol.ContentFormatOption, format)
			}
		case n.Message.Code != protocol.Valid:
			g.keep(i, representation{bytes.Clone(etag), n.Message.Clone()})
		}
	}
	g.latest = &n
	g.tell(n)
}

// keep keeps a representation, in place of the one at i if that is not negative, and names the newest in the
// next registration. Those that the server knows of are kept until then.
func (g *registration) keep(i int, r representation) {
	switch {
	case i >= 0:
		g.kept[i] = r
	case len(g.kept) == g.offered+maxRepresentations:
		g.kept = slices.Delete(g.kept, g.offered, g.offered+1)
		fallthrough
	default:
		g.kept = append(g.kept, r)
	}
	newest := g.kept[max(0, len(g.kept)-maxRepresentations):]
	etags := make([][]byte, len(newest))
	for i := range newest {
		etags[i] = newest[i].etag
	}
	g.machine.Offer(etags)
}

// whole calls then with the whole body: at once if the first message has it, else when the rest was
// fetched (RFC 7959 §3.4). What was being fetched before is given up for it.
func (g *registration) whole(first protocol.Message, then func(protocol.Message, error) (ObservationEnd, bool)) (ObservationEnd, bool) {
	if old := g.fetching; old != nil {
		g.stopFetching()
		if end, over := old.then(old.first, ErrSuperseded); over {
			return end, true
		}
	}
	request := g.request.Message
	request.Type, request.Token = protocol.Confirmable, protocol.Token{}
	request.Options = request.Options.Without(protocol.Observe).Without(protocol.Block2)
	r := &g.request
	t, step := blockwise.Continue(blockwise.Config{BlockSize: r.BlockSize, ResponseBlockSize: r.ResponseBlockSize, MaxBody: r.MaxBody}, request, first)
	if done, ok := step.(blockwise.Done); ok {
		return then(done.Response, nil)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &fetch{cancel, make(chan struct{}), first, then}
	g.fetching = f
	rest := Request{To: r.To, Message: request, Timeout: r.Timeout, Echo: r.Echo, Transmission: r.Transmission, Identifiers: r.Identifiers}
	go func() {
		defer close(f.done)
		defer cancel()
		result, err := g.engine.run(ctx, &rest, t, step, new(Response))
		whole := first
		if err == nil {
			whole = result.Message
		}
		g.queue.put(fetched{f, whole, err})
	}()
	return ObservationEnd{}, false
}

func (g *registration) stopFetching() {
	if g.fetching != nil {
		g.fetching.cancel()
		<-g.fetching.done
		g.fetching = nil
	}
}
