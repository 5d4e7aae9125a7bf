package session_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"

	"coapscope/protocol"
)

// goServer is a server made with go-coap, with the resources of a foreignServer.
type goServer struct {
	mu        sync.Mutex
	doc       []byte // nil while it does not exist
	data      []byte
	sequence  uint32
	observers map[string]observer // by connection and token
}

type observer struct {
	conn  mux.Conn
	token message.Token
}

func TestEngineWithGoCoAPServer(t *testing.T) {
	conn, err := coapnet.NewListenUDP("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &goServer{observers: map[string]observer{}}
	router := mux.NewRouter()
	for path, handle := range map[string]mux.HandlerFunc{"/doc": s.document, "/async": s.async, "/example_data": s.example} {
		if err := router.Handle(path, handle); err != nil {
			t.Fatal(err)
		}
	}
	server := udp.NewServer(
		options.WithMux(router),
		options.WithBlockwise(true, blockwise.SZX1024, time.Minute),
		// Left to itself it closes a connection, and with it all observations, after 16 seconds.
		options.WithInactivityMonitor(time.Hour, func(*client.Conn) {}),
		options.WithErrors(func(error) {}), // the engine sees what comes of it
	)
	served := make(chan error, 1)
	go func() { served <- server.Serve(conn) }()
	t.Cleanup(func() {
		server.Stop()
		<-served
		conn.Close()
	})
	addr := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	testForeignServer(t, foreignServer{addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), oneToken: true, oneNON: true})
}

func (s *goServer) document(w mux.ResponseWriter, r *mux.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code := codes.Changed
	switch {
	case r.Code() == codes.PUT && s.doc == nil:
		code = codes.Created
		fallthrough
	case r.Code() == codes.PUT, r.Code() == codes.POST:
		s.doc, _ = r.ReadBody()
		w.SetResponse(code, message.TextPlain, nil)
	case s.doc == nil:
		w.SetResponse(codes.NotFound, message.TextPlain, nil)
	case r.Code() == codes.DELETE:
		s.doc = nil
		w.SetResponse(codes.Deleted, message.TextPlain, nil)
	default:
		w.SetResponse(codes.Content, message.TextPlain, bytes.NewReader(s.doc))
	}
}

// async leaves the response alone, which go-coap acknowledges, and answers in a message of its own; now
// and then that overtakes the acknowledgement.
func (s *goServer) async(w mux.ResponseWriter, r *mux.Message) {
	conn, token := w.Conn(), bytes.Clone(r.Token())
	go send(conn, token, -1, []byte("done"))
}

func send(conn mux.Conn, token message.Token, sequence int64, body []byte) error {
	m := conn.AcquireMessage(conn.Context())
	defer conn.ReleaseMessage(m)
	m.SetType(message.Confirmable)
	m.SetCode(codes.Content)
	m.SetToken(token)
	m.SetContentFormat(message.AppOctets)
	m.SetBody(bytes.NewReader(body))
	if sequence >= 0 {
		m.SetObserve(uint32(sequence))
	}
	return conn.WriteMessage(m)
}

func (s *goServer) example(w mux.ResponseWriter, r *mux.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := w.Conn().RemoteAddr().String() + string(r.Token())
	switch observe, err := r.Options().Observe(); {
	case r.Code() == codes.PUT:
		s.data, _ = r.ReadBody()
		s.sequence++
		for _, o := range s.observers {
			go send(o.conn, o.token, int64(s.sequence), s.data)
		}
		w.SetResponse(codes.Changed, message.TextPlain, nil)
	case err == nil && observe == 0:
		s.observers[key] = observer{w.Conn(), bytes.Clone(r.Token())}
		w.SetResponse(codes.Content, message.AppOctets, bytes.NewReader(s.data))
		w.Message().SetObserve(s.sequence)
	default:
		delete(s.observers, key)
		w.SetResponse(codes.Content, message.AppOctets, bytes.NewReader(s.data))
	}
}

// goClient is go-coap's client.
type goClient struct{}

func TestGoCoAPClientWithLab(t *testing.T) { testForeignClient(t, goClient{}) }

func dial(t *testing.T, to netip.AddrPort, block int) *client.Conn {
	t.Helper()
	size := blockwise.SZX1024
	if block > 0 {
		size = blockwise.SZX(protocol.SZXFor(block))
	}
	conn, err := udp.Dial(to.String(), options.WithBlockwise(true, size, patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (goClient) do(t *testing.T, r foreignRequest) (protocol.Code, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := dial(t, r.to, r.block)
	request := conn.AcquireMessage(ctx)
	defer conn.ReleaseMessage(request)
	token, err := message.GetToken()
	if err != nil {
		t.Fatal(err)
	}
	request.SetToken(token)
	request.SetCode(codes.Code(r.method))
	request.SetType(message.Confirmable)
	if r.non {
		request.SetType(message.NonConfirmable)
	}
	if err := request.SetPath(r.path); err != nil {
		t.Fatal(err)
	}
	if r.body != nil {
		request.SetContentFormat(message.AppOctets)
		request.SetBody(bytes.NewReader(r.body))
	}
	if r.path == "/large-post" {
		request.SetContentFormat(message.TextPlain)
	}
	if r.block > 0 && r.body == nil {
		request.SetOptionUint32(message.Block2, uint32(protocol.SZXFor(r.block)))
	}
	response, err := conn.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.ReleaseMessage(response)
	body, err := response.ReadBody()
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return protocol.Code(response.Code()), body
}

func (goClient) observe(t *testing.T, to netip.AddrPort, path string, each func([]byte)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	observation, err := dial(t, to, 0).Observe(ctx, path, func(m *pool.Message) {
		if body, err := m.ReadBody(); err == nil {
			each(body)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := observation.Cancel(ctx); err != nil {
			t.Error(err)
		}
	}
}
