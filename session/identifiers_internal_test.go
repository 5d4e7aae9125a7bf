package session

import (
	"context"
	"testing"
	"time"

	"coapscope/protocol"
)

// The engine tells what of the identifiers is in use, and since when it is not any more.
func TestIdentifierUses(t *testing.T) {
	clock := newManualClock()
	e, err := openAt(clock, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s := play(t, func(protocol.Message, int) []protocol.Message {
		return []protocol.Message{{Type: protocol.Acknowledgement, Code: protocol.Content}}
	})
	if uses := e.IdentifierUses(); len(uses) != 0 {
		t.Errorf("before anything is sent: %+v", uses)
	}
	for range 3 {
		if _, err := e.Do(context.Background(), Request{To: s.addr, Message: protocol.Message{Code: protocol.GET}}); err != nil {
			t.Fatal(err)
		}
	}
	clock.advance(100 * time.Second)
	uses := e.IdentifierUses()
	if len(uses) != 1 || uses[0].Peer != s.addr || uses[0].MessageIDs != 3 || uses[0].Tokens != 3 || uses[0].Open != 0 ||
		uses[0].NextFree.Sub(clock.Now()) != 147*time.Second || !uses[0].AllFree.Equal(uses[0].NextFree) {
		t.Errorf("%+v", uses)
	}
	requests := s.seen()
	ids := e.MessageIDsInUse(s.addr, 2)
	if len(ids) != 2 || ids[0].ID != requests[0].MessageID || ids[1].Token != requests[1].Token || ids[0].Open {
		t.Errorf("%+v, of %v", ids, requests)
	}
	clock.advance(148 * time.Second)
	if uses := e.IdentifierUses(); len(uses) != 0 {
		t.Errorf("after EXCHANGE_LIFETIME: %+v", uses)
	}
}
