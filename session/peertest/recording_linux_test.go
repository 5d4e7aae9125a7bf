package peertest_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// recording is what goes over loopback, packet by packet as the kernel delivers it. A packet that a program has got is in it:
// the kernel hands it to the recording first.
type recording struct {
	t     *testing.T
	fd    int
	ports map[uint16]bool
	stop  atomic.Bool
	ended chan error
	seen  []packet
}

type packet struct {
	at   time.Time
	data []byte // from the Ethernet header on
}

// record starts to record the TCP and UDP packets over IPv4 from or to one of the ports. Recording takes privileges: a test
// without them is skipped, but fails in continuous integration.
func record(t *testing.T, ports ...uint16) *recording {
	t.Helper()
	const ip = 0x0800 // of the Ethernet types
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, ip>>8|ip<<8&0xff00)
	if errors.Is(err, os.ErrPermission) && os.Getenv("CI") == "" {
		t.Skip("recording from loopback takes root, or CAP_NET_RAW")
	}
	check(t, err)
	r := &recording{t: t, fd: fd, ports: map[uint16]bool{}, ended: make(chan error, 1)}
	for _, p := range ports {
		r.ports[p] = true
	}
	// The system may allow less.
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 16<<20)
	check(t, syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1))
	// So that it looks now and then whether it is to stop.
	check(t, syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 20_000}))
	go func() { r.ended <- r.run() }()
	return r
}

// end gives the recording as a pcap file, with all that was sent until now.
func (r *recording) end() []byte {
	r.t.Helper()
	r.stop.Store(true)
	check(r.t, <-r.ended)
	// Packets that two processors deliver at once may come in another order than that of their times, which is the true one.
	slices.SortStableFunc(r.seen, func(a, b packet) int { return a.at.Compare(b.at) })
	le := binary.LittleEndian
	file := le.AppendUint32(nil, 0xa1b23c4d) // with nanoseconds
	file = le.AppendUint16(file, 2)
	file = le.AppendUint16(file, 4)
	file = append(file, make([]byte, 8)...)
	file = le.AppendUint32(file, 1<<18)
	file = le.AppendUint32(file, 1) // Ethernet
	for _, p := range r.seen {
		file = le.AppendUint32(file, uint32(p.at.Unix()))
		file = le.AppendUint32(file, uint32(p.at.Nanosecond()))
		file = le.AppendUint32(file, uint32(len(p.data)))
		file = le.AppendUint32(file, uint32(len(p.data)))
		file = append(file, p.data...)
	}
	return file
}

func (r *recording) run() error {
	defer syscall.Close(r.fd)
	buffer, control := make([]byte, 1<<17), make([]byte, 256)
	for {
		last := r.stop.Load() // then all that is there is read, up to the first wait
		n, m, _, from, err := syscall.Recvmsg(r.fd, buffer, control, 0)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			if last {
				return nil
			}
		case err != nil:
			return err
		default:
			if link, ok := from.(*syscall.SockaddrLinklayer); ok && link.Pkttype == syscall.PACKET_OUTGOING || !r.wanted(buffer[:n]) {
				break
			}
			at, err := timestamp(control[:m])
			if err != nil {
				return err
			}
			r.seen = append(r.seen, packet{at, bytes.Clone(buffer[:n])})
		}
	}
}

// wanted tells whether an Ethernet frame is from or to one of the ports.
func (r *recording) wanted(b []byte) bool {
	const ethernet, tcp, udp = 14, 6, 17
	if len(b) < ethernet+20 {
		return false
	}
	ip := b[ethernet:]
	size := int(ip[0]&15) * 4
	if ip[0]>>4 != 4 || ip[9] != tcp && ip[9] != udp || len(ip) < size+4 {
		return false
	}
	return r.ports[binary.BigEndian.Uint16(ip[size:])] || r.ports[binary.BigEndian.Uint16(ip[size+2:])]
}

// timestamp gives the time at which the kernel got the packet.
func timestamp(control []byte) (time.Time, error) {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}, err
	}
	for _, m := range messages {
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:]))), nil
		}
	}
	return time.Time{}, errors.New("the packet has no time")
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
