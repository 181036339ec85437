module boot

go 1.27
