package main

import "syscall"

// endWithParent has the system end a child when this program is killed, and cannot do it itself.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
