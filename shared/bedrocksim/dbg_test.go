package bedrocksim_test

import ("net";"runtime/debug";"fmt";"time")

type dbg struct{ net.Conn }
func (d dbg) Close() error { fmt.Printf("CLOSE at %s\n%s\n", time.Now(), debug.Stack()); return d.Conn.Close() }
