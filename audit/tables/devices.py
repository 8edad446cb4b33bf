"""The device ledger (终端台账): one row per terminal, as the vendor or the acquirer exports it."""

from __future__ import annotations

from audit.tables.codes import TERMINAL_STATUS
from audit.tables.model import Column, Kind, Table, made_of

SERIAL_HEADERS = (
    "终端序列号,终端SN,SN,SN号,SN码,终端SN号,终端SN码,序列号,设备序列号,设备SN,机具序列号,POS机具序列号,POS序列号,机具SN,"
    "机具SN号,机身号,机身编号,机身序列号,机器序列号,机器号,终端硬件序列号,硬件序列号,绑定设备号,终端标识码,出厂编号,出厂序列号,串号,"
    "产品序列号,serial,serial number,serial no,s/n,sn no,sn code,device serial number,device serial,device sn,serialnum,"
    "termsn,terminal sn,trmsn,deviceseqid,terminal serial number,terminal serial,machinenum,SN编号,机身码,机身SN,出厂SN,终端设备序列号,"
    + made_of(
        "终端,设备,机具,POS,POS机,机器,产品,硬件,POS机具,POS终端,终端机,终端设备,收单终端,智能POS,智能终端,整机,主机,装置,机身,出厂,刷卡机,收款终端,"
        "受理机具",
        "SN,SN号,SN码,SN编号,SN编码,SN号码,SN条码,序列号,序列号码,序列编号,机身号,机身号码,机身序列号,身号,串号,串码,serial,serial no",
    )
    + ",终端机身编号,序列号码,SN/IMEI,SN或IMEI,受理终端SN号,受理终端机身号,串码,SN条码,机身条码,机身号码,受理终端SN,物理序列号,终端出厂序列号,机具出厂编号,设备出厂编号,equip sn,sn num,esn,hardware sn,hw s/n,machine_code"
    + ",dev_sn,pos serial number,sn number,serial num,serial code,device serial no,terminal serial no,hardware serial number,"
    "hardware serial,unit serial number,unit serial,equipment serial number,machine sn,machine serial number"
)
SERIAL_ALONE = (
    "设备号,设备编号,设备编码,设备ID,设备标识,设备识别码,设备唯一编号,设备序号,机具编号,机具编码,机具号,机器编号,机器编码,终端设备号,终端硬件号,硬件号,"
    "终端唯一标识,终端序号,机身序号,机具唯一标识,设备唯一标识,"
    "机器码,设备码,机具码,设备条形码,机具条码,机具条形码,终端条码,终端条形码,出厂序号,机身条形码,设备条码,设备唯一码,机具身份码,设备身份码,终端物理编号,硬件编号,主机编号,装置序号,产品序号,终端设备序号,终端机序号,机号,device no,device number,machine no,machine number"
    # beside a terminal's they are another machine's
    + ","
    + made_of("收款机,收银机,商户机具,扫码盒,盒子,云喇叭,音箱", "SN,SN号,SN码,序列号,机身号")
)
TUSN_HEADERS = "TUSN号,TUSN码,TUSN编号,tusn no,银联TUSN,终端TUSN,唯一终端标识TUSN,终端唯一标识TUSN,银联终端唯一标识,受理终端唯一标识,受理终端唯一标识TUSN,银联终端序列号,终端21号文编号,21号文编号,设备tusn,银联终端序号,受理终端序列号"
TERMINAL_HEADERS = (
    "终端号,终端编号,终端编码,POS终端号,POS终端编号,终端代码,银联终端号,虚拟终端号,收单终端号,绑定终端,tid,terminal no,"
    "POS编号,POS号,POS机编号,POS机号,card acceptor terminal id,card acceptor terminal identification,pos id,pos no,pos number,terminal identifier,logical terminal id,TID号,终端TID,银联TID,终端ID,POS终端代码,8位终端号,银联终端编号,商户终端号,商户终端编号,入网终端号,终端机号,终端机编号,terminal number,termno,termid,trmno,unique terminal id,terminal code"
)
CHANNEL_TERMINAL_HEADERS = "通道终端号,渠道终端号,SaaS终端编号(PN),汇付机具号,微信终端号,支付宝终端号,outterminalno,devs_id,channel terminal no"
MERCHANT_HEADERS = (
    "商户号,商户编号,商户编码,商户代码,商户ID,特约商户编码,特约商户编号,特约商户号,银联商户号,收单商户号,所属商户号,所属商户编号,收银宝商户号,"
    "merchant number,mid,merchant id,merchant code,mchtid,mcht no,mch_id,mercid,cusid,card acceptor id,商编,所属商编,商户MID,商户账号,"
    "特约商户代码,"
    + made_of("收单,银联,入网,绑定,签约,所属", "商户号,商户编号,商户编码,商户代码")
    + ","
    + made_of("受理,当前,现,现用,关联,使用", "商户号,商户编号,商户编码")
    + ","
    + made_of("特约商店,特约店,特店", "编号,代号,代码,号")
    + ",15位商户号,商户号码,商户唯一编号,商户识别码,特约商户代号,特店代号,特店编号,商店代号,merid,merno"
    + ",商家编号,商家号,商家编码,商家ID,mch no,mchnt cd,mcht cd,merch no,merch id,merchant identifier,acquirer merchant id"
)
MERCHANT_ALONE = (
    "merchant account,merchant acct,merchant account no,merchant ref,merchant reference,client id,client no,customer no,customer number,商户唯一标识,商户统一编号,特店代码,商户账户号,MID号,商户No,merchant,特约商户,绑定商户,客户编号,客户号,商户标识,商户标识码,商户内码,内部商户号,内部商户编号,商户内部编号,主商户号,外部商户号,平台商户号,系统商户号,机构商户号,外部商户编号,"
    "平台商户编号,系统商户编号,机构商户编号"
)
MERCHANT_NAME_HEADERS = (
    "商户名称,商户全称,商户全名,商户名,特约商户名称,所属商户,经营名称,门头名称,注册名称,mcht name,dba name,merchant full name,"
    "商户注册名称,商户中文名称,商户中文名,商户主体名称,商户对外名称,商家名称,mch name,dba,trading name,business name,legal business name,"
    "特约商店名称,商店名称,商户工商名称,商户对外经营名称,商户经营名称,商户中文全称,商户营业名称,商户执照名称,商户注册名,商户法定名,merchant legal name,签约名称,签约商户名称,商户法定名称,工商注册名称,工商登记名称,营业执照注册名称,特约商户全称,入网商户名称,特店名称,merchant nm"
)
# a short name is better than none
MERCHANT_NAME_ALONE = "归属商户,使用商户,装机商户,布放商户,关联商户,签约商户,入网商户,customer name,company name,merchant dba,merchant display name,商户简称,商户主体,商户店名,merchant,特约商户"
MODEL_HEADERS = (
    "型号,机型,终端型号,设备型号,机具型号,POS机型号,POS型号,终端机型,终端机具体型号,终端产品型号,终端型号代码,device model,"
    "terminal model,hardware,terminal product type,dev_model_code,产品型号,机器型号,设备机型,机具机型,厂商型号,硬件型号,规格型号,品牌型号,"
    "model no,model name,model number,product model,POS机型,终端机型号,设备具体型号,型号规格,型号名称,机型名称,pos model,终端品牌型号,设备品牌型号,"
    + made_of("终端,设备,机具,产品,机器", "型号名称,具体型号,机型名称")
)
VENDOR_HEADERS = (
    "厂商,厂家,供应商,供应商名称,厂商名称,厂家名称,生产厂商,生产厂家,生产企业,机具厂商,机具厂家,终端厂商,终端厂家,厂家编号,品牌,制造商,"
    "设备厂商,设备厂家,manufacturer,maker,make,brand,devicemanufacturer,supplier,vendor name,供货商,生产商,制造厂商,制造厂家,POS厂商,"
    "品牌厂商,供应商简称,manufacturer name,brand name,oem,"
    + made_of(
        "终端,设备,机具,机器,产品,POS,POS机",
        "厂商,厂家,生产厂商,生产厂家,生产企业,制造商,制造厂商,供应商,供应厂商,供货商,品牌,厂商名称,厂家名称",
    )
    + ",制造商名称,生产商名称,厂商简称,厂商全称,厂家简称,厂家全称,供应商全称,厂商名,厂牌,factory"
)
DEVICE_TYPE_HEADERS = (
    "终端类型,设备类型,机具类型,POS类型,受理终端类型,银联终端类型,终端设备类型,terminal type,device class,pos type,device category,terminal category,form factor,"
    "终端种类,设备种类,机具种类,终端形态,终端类别,设备类别,机具类别,机器类型,POS机类型,POS种类"
)
ACQUIRER_HEADERS = "收单机构代码,收单机构号,收单机构,受理机构代码,所属受理机构,acq_code,acquirer,acquirer id,institution code"
AGENT_HEADERS = (
    "代理商,代理商名称,所属服务商,服务商,服务商名称,所属代理商,拓展机构,iso,reseller,"
    "代理商简称,代理名称,所属代理,一级代理商,服务商全称,归属服务商,归属代理商,代理机构,所属代理机构,外包服务商,收单外包服务商,外包服务机构,收单外包服务机构,外包机构,拓展服务商,维护服务商,维护商,agent name,iso name,isv,service provider,distributor,sales agent,partner"
)
STORE_NO_HEADERS = (
    "门店编号,门店号,门店代码,门店编码,网点编号,网点号,店铺编号,店铺号,store number,store code,store id,shop no,outlet no,"
    "门店ID,店号,店铺ID,分店编号,分店号,门店代号,门市代号,shop id"
)
STORE_NO_ALONE = "store,branch code,site id,site code,location id,location code,outlet id,outlet code"
STORE_NAME_HEADERS = (
    "门店名称,门店,所属门店,所属网点,网点名称,店铺名称,店铺,shopname,shop,location name,outlet,门店名,店名,门店全称,门店简称,商铺名称,分店名称,"
    "商户门店,营业网点,分店名,门市名称,门市,门市名,商户门店名称,outlet name,branch name,site name,"
    + made_of("安装,装机,布放,投放,使用,终端,终端所属,终端所在,所属,所在,归属", "门店,门店名称,网点,网点名称")
)
STORE_NAME_ALONE = (
    "restaurant,storefront,store location,餐厅,餐厅名称,店面,店面名称,商场名称,网点,分店,store,branch,site"
)
PROVINCE_HEADERS = (
    "省,省份,门店省份,门店所在省,布放地省份,省/直辖市/自治区,省级,所在省份,所属省份,所属省,所在省,终端所在省份,终端省份,安装省份,布放省份,安装省,布放省,商户省份,经营省份,省/直辖市,省/自治区,"
    "省/市/自治区,省/自治区/直辖市,province name,province/state,state,省份名称,省分,省别,所属省分,"
    + made_of("装机,安装,布放,终端,归属,注册,经营,商户,商户所在", "省,省份")
)
CITY_HEADERS = (
    "市,城市,城市名,所属市,市/州,地市名称,门店城市,门店所在城市,地市,地级市,所在城市,所属城市,所属地市,所在地市,所在市,终端所在城市,安装城市,布放城市,经营城市,city name,城市名称,"
    + made_of("装机,安装,布放,终端,归属,注册,经营,商户,商户所在", "市,城市")
)
COUNTY_HEADERS = "区县,区,县,县区,行政区,所属区县,所在区,所在县,区县名称,安装区县,布放区县,district name,所在区县,终端所在区县,district"
AREA_CODE_HEADERS = "所属地区编码,地区代码,行政区划代码,行政区划,终端位置地区编码,area_no"

# of one period the file speaks of, usually the last 30 days; the amount in yuan; the count with those that failed
TRANSACTION_COLUMNS = (
    Column(
        "txn_amount",
        Kind.NUMBER,
        "交易金额,交易额,近30天交易金额,近30日交易金额,近30天交易额,30天交易额,交易总额,交易总金额,累计交易金额,累计交易额,成功金额,成功交易金额,"
        "transaction amount,turnover,transaction volume,sales volume,总交易额,总交易金额,月交易额,月交易金额,本月交易额,本月交易金额,当月交易额,当月交易金额,30日交易金额,交易金额合计,成交金额,total amount,txn amt,trans amt",
    ),
    Column(
        "txn_count",
        Kind.NUMBER,
        "交易笔数,笔数,近30天交易笔数,近30日交易笔数,总笔数,交易总笔数,累计交易笔数,transaction count,transactions,"
        "总交易笔数,月交易笔数,本月交易笔数,当月交易笔数,30日交易笔数,当月笔数,近30天笔数,笔数合计,交易次数,total count,txn cnt,trans count",
    ),
    Column(
        "txn_failed",
        Kind.NUMBER,
        "失败笔数,交易失败笔数,近30天失败笔数,失败交易笔数,failed transactions,failed count,"
        "交易失败次数,失败次数,失败笔数合计,当月失败笔数,fail count,failed cnt",
    ),
)
PLACE = (
    Column("province", Kind.TEXT, PROVINCE_HEADERS),
    Column("city", Kind.TEXT, CITY_HEADERS),
    Column("county", Kind.TEXT, COUNTY_HEADERS),
    Column("area_code", Kind.REFERENCE, AREA_CODE_HEADERS),
)
# degrees; `location` is both in one text
COORDINATES = (
    Column("longitude", Kind.NUMBER, "经度,终端位置经度,lng,lon"),
    Column("latitude", Kind.NUMBER, "纬度,终端位置纬度,lat"),
    Column("location", Kind.REFERENCE, "经纬度,终端实时经纬度信息,gps location"),
)

DEVICES = Table(
    name="devices",
    keys=(("serial_no",), ("tusn",), ("merchant_no", "terminal_id")),
    required=("merchant_no",),
    status="terminal_status",
    subjects=(
        *("终端", "设备", "机具", "机器", "pos机", "pos", "受理终端"),
        *("terminal", "device", "unit", "machine", "equipment", "product", "asset", "current"),
    ),
    relations=(
        *(
            "绑定",
            "所属",
            "归属",
            "关联",
            "使用",
            "客户",
            "布放",
            "装机",
            "安装",
            "当前",
            "实际",
            "受理",
            "收单",
            "银联",
        ),
        *(
            "assigned",
            "client",
            "customer",
            "bound",
            "bind",
            "binding",
            "linked",
            "bank",
            "acquirer",
            "acquiring",
            "unionpay",
            "installed",
            "deployed",
        ),
    ),
    columns=(
        Column("serial_no", Kind.IDENTIFIER, SERIAL_HEADERS, alone=SERIAL_ALONE),
        Column("tusn", Kind.IDENTIFIER, TUSN_HEADERS),
        Column("terminal_id", Kind.IDENTIFIER, TERMINAL_HEADERS),
        Column("channel_terminal_id", Kind.REFERENCE, CHANNEL_TERMINAL_HEADERS),
        Column(
            "stock_no", Kind.REFERENCE, "设备库存编号,机具库存编号,资产编号,固定资产编号,asset tag,asset no"
        ),
        Column("merchant_no", Kind.IDENTIFIER, MERCHANT_HEADERS, alone=MERCHANT_ALONE),
        Column(
            "channel_merchant_no",
            Kind.REFERENCE,
            "渠道商户号,微信子商户号,微信商户号,子商户号,支付宝子商户号,SMID,二级商户号,sub_mch_id,sub mchid,channel_merch_no,submerchantno",
        ),
        Column("merchant_name", Kind.TEXT, MERCHANT_NAME_HEADERS, alone=MERCHANT_NAME_ALONE),
        Column("store_no", Kind.REFERENCE, STORE_NO_HEADERS, alone=STORE_NO_ALONE),
        Column("store_name", Kind.TEXT, STORE_NAME_HEADERS, alone=STORE_NAME_ALONE),
        Column("acquirer_code", Kind.REFERENCE, ACQUIRER_HEADERS, alone="机构代码"),
        Column("vendor", Kind.TEXT, VENDOR_HEADERS),
        Column("agent", Kind.TEXT, AGENT_HEADERS, alone="所属机构"),
        Column("model", Kind.TEXT, MODEL_HEADERS),
        Column("device_type", Kind.TEXT, DEVICE_TYPE_HEADERS),
        Column(
            "firmware",
            Kind.VERSION,
            "固件版本,固件版本号,系统版本,系统版本号,内核版本,终端版本,firmware version,fw,fw version,os version,core version,system version,"
            "固件,固件号,固件版号,韧体版本,韧体版号,当前固件版本,系统固件版本,系统软件版本,ROM版本,OS版本,主控版本,终端版本号,current firmware,firmware ver,固件当前版本,系统固件,系统固件版本号,操作系统版本,安卓版本,Android版本,ROM版本号,底层版本,"
            + made_of("终端,设备,机具,POS", "固件版本,固件版本号,系统版本,系统版本号"),
            alone="os build,firmware build,firmware release,installed firmware,版本号,版本,版本信息,当前版本,软件版本,软件版本号,应用版本,应用版本号,应用程序版本,程序版本,终端程序版本,终端软件版本,终端应用版本,客户端版本,"
            "APP版本,version,current version,app version,software version,sw version,soft version,"
            "设备版本,机具版本,POS版本,设备软件版本,POS程序版本,POS应用版本,主程序版本,机具程序版本",
        ),
        Column(
            "app_version",
            Kind.VERSION,
            "应用版本,应用版本号,应用程序版本,应用程序版本号,软件版本,软件版本号,程序版本,支付应用版本,application version,app ver,"
            "software version,software release,termsoftver,终端程序版本,终端软件版本,终端应用版本,客户端版本,APP版本,APP版本号,sw version,soft version,设备软件版本,POS程序版本,POS应用版本,机具程序版本",
        ),
        Column("param_version", Kind.REFERENCE, "IC卡参数版本,参数版本,ic param version,parameter version"),
        Column("ca_key_version", Kind.REFERENCE, "CA公钥版本,ca key version"),
        Column(
            "terminal_status",
            Kind.CODE,
            "终端状态,设备状态,机具状态,开通状态,使用状态,启用状态,运行状态,状态,status,termstate,devicestate,device status,机器状态,POS状态,POS机状态,"
            "在用状态,在网状态,是否启用,是否在用,终端使用状态,设备使用状态,终端当前状态,设备当前状态,dev status,term status,device state,terminal state,"
            "operational status,lifecycle status,终端机状态,终端状态描述,终端状态说明,设备状态描述,设备状态说明,终端状态名称,设备状态名称,机具使用状态,终端运行状态,设备运行状态,终端生命周期状态",
            alone="目前状态,现状态,当前使用状态,lifecycle,lifecycle state,asset status,deployment status,activation status,usage status,in use,有效状态,是否使用,是否激活,运行情况,在用情况,当前状态,业务状态,资产状态,激活状态,使用情况,设备使用情况,机具使用情况,终端情况,机具情况,状态名称,状态描述,生命周期,current status,dev state",
            codes=TERMINAL_STATUS,
        ),
        Column("stock_status", Kind.TEXT, "入库状态,库存状态"),
        Column("maintenance_status", Kind.TEXT, "维护状态"),
        Column("bind_status", Kind.TEXT, "绑定状态,设备绑定状态,sn_bind_status"),
        Column(
            "install_date",
            Kind.DATE,
            "安装日期,安装时间,装机日期,装机时间,布放日期,布放时间,发放时间,绑定日期,绑定时间,启用日期,激活时间,激活日期,installed on,"
            "installation date,activated_at,bind date,assigned at,启用时间,投放日期,投放时间,布机日期,布机时间,上线日期,上线时间,投产日期,终端安装日期,"
            "设备安装日期,终端布放日期,首次安装日期,安装完成日期,实际安装日期,安装/布放日期,install time,installed date,deploy date,deployment date,"
            "deployed on,date installed,date of installation,activation date,go-live date,安装日,装机日,install dt,首次激活日期,首次激活时间,首次绑定时间,终端绑定时间,设备绑定时间,"
            + made_of("装机,安装,布放,布机,铺机,铺设,部署,布设,绑机,装设", "日期,时间,完成日期,完成时间")
            + ","
            + made_of("机具,设备,终端,上门", "装机日期,安装日期,布放日期,安装时间,装机时间,布放时间"),
            alone="activate date,activated,deployed,first activated,commissioned,commission date,in-service date,assigned date,boarded on,active time,activate time,activated time,bind time,上机日期,进场日期,到店安装日期,开通日期,开通时间,入网日期,入网时间,领用日期,入机日期",
        ),
        Column("production_date", Kind.DATE, "生产日期,出厂日期,出厂时间,manufacture date"),
        Column("stock_in_date", Kind.DATE, "入库时间,入库日期,stock date"),
        Column(
            "address",
            Kind.TEXT,
            "布放地址,终端布放地址,受理终端布放地址,安装地址,终端安装地址,终端地址,终端发放地址,装机地址,设备地址,install address,"
            "installation address,terminal address,term_addr,deviceaddress,"
            + made_of("布放,安装,装机,摆放,放置,部署,装设", "地址,地点,详细地址,位置")
            + ","
            + made_of("终端,设备,机具", "布放地址,安装地址,装机地址,使用地址,位置,布放详细地址,安装详细地址")
            + ",机具所在地址,终端所在地址,设备所在地址,安放地址,实际装机地址,使用地点,使用场所,布放场所,机具地址,布机地址,使用地址,投放地址,摆放地址,放置地址,实际布放地址,实际安装地址,install addr,deployed address,deployment address,"
            "installed at,installation location,site address,terminal location,device location",
            alone="street address,physical address,location address,installed address,店铺地址,门店详细地址,经营地址,详细地址,具体地址,地址,所在地址,门店地址,商户地址,store address",
        ),
        *PLACE,
        *COORDINATES,
        Column("has_gps", Kind.FLAG, "定位功能,终端是否具备定位功能,是否支持定位,gps,enableposition"),
        Column("iccid", Kind.REFERENCE, "SIM卡号,机具SIM卡号,流量卡号,icc_id,sim,simtel"),
        Column(
            "last_signin_at",
            Kind.MOMENT,
            "签到时间,终端签到时间,最近签到,最近签到时间,last sign-in,pos_signin_time",
        ),
        Column(
            "last_heartbeat_at",
            Kind.MOMENT,
            "最近心跳,最近心跳时间,最新心跳时间,最后心跳时间,心跳时间,最后在线时间,最近在线时间,最后上线时间,最近上线时间,最后联络,最近通讯时间,最后通讯时间,"
            "last heartbeat,heartbeat,last seen,last online,last activity,lastactivityat,pinged,last contact,心跳,末次心跳,最近一次心跳,最新心跳,"
            + made_of(
                "最后,最近,最新,上次,末次,最近一次",
                "心跳时间,心跳日期,心跳上报时间,在线时间,在线日期,上线时间,通讯时间,通讯日期,通信时间,连线时间,联机时间,联网时间,连接时间,活跃时间,活动时间,上报时间",
            )
            + ",最后心跳,最后在线,最近在线,心跳上报时间,上次在线,终端最后在线时间,设备最后在线时间,heartbeat time,"
            + made_of(
                "last heartbeat, last online, last contact, last seen, last active, last communication, last report",
                " time",
            )
            + ",last seen at,last active,last communication,last connected,last connection,last check-in,last ping,last reported",
            alone="最后活跃,最近活跃,last poll,last polled,last call,last call-in,last sync time,最后登录时间,最近登录时间,最后登录,最近登录,last login",
        ),
        Column(
            "last_txn_at",
            Kind.MOMENT,
            "最近交易时间,最后交易时间,最近交易日期,最后交易日期,last txn,last tran,last trade,last sale,last payment,最近交易日,last trans time,last trans date,last txn time,last txn date,last trade time,last transaction,last transaction at,lasttransactionat",
        ),
        *TRANSACTION_COLUMNS,
        Column("is_spare", Kind.FLAG, "备机,是否备机,备用机,是否备用,spare"),
        Column("ownership", Kind.TEXT, "产权归属,机具产权,终端来源,devicesource"),
        Column("owner_org", Kind.TEXT, "产权机构"),
        Column("pinpad_no", Kind.REFERENCE, "键盘号,密码键盘编号,pinpad id"),
        Column(
            "license_no",
            Kind.REFERENCE,
            "终端入网认证编号,入网认证编号,入网许可证号,认证编号,network_license,licence no",
        ),
        Column(
            "cert_expiry",
            Kind.DATE,
            "证书有效期止,认证有效期止,证书有效截止日期,cert expire time,证书有效期,证书到期日,证书到期日期,证书有效期至,证书失效日期,认证有效期,认证到期日,入网认证有效期,cert expiry date,"
            "certificate expiry,certificate expires,"
            + made_of(
                "证书,终端证书,设备证书,认证,认证证书,入网证书,产品认证,安全认证,检测证书,银联认证,终端认证,银联入网认证,银联卡受理终端认证,入网认证,入网许可证,入网许可,安全证书",
                "截止,到期,有效期,有效期至,有效期截止,有效截止日,有效期限,有效日期,到期日,到期日期,到期时间,截止日期,失效日期,失效时间,过期日,过期日期,过期时间",
            )
            + ","
            + made_of(
                "cert, certificate",
                " expire, expire date, expires on, expiry date, expiration, expiration date, valid until, valid to, end date",
            )
            + ",certification expiry",
            alone="证书期限,认证期限,CCC证书有效期,凭证到期日,数字证书到期日,数字证书有效期,密钥证书到期日,密钥证书有效期,检测报告有效期",
        ),
        Column("pts_version", Kind.REFERENCE, "PCI版本,PTS版本"),
        Column("pts_approval", Kind.REFERENCE, "PCI认证号,PTS认证号,approval number"),
        Column("pts_expiry", Kind.DATE, "PTS到期日,PCI到期日,PTS有效期"),
        Column("sm_support", Kind.FLAG, "国密,是否支持国密,国密改造,国密支持"),
        Column("batch_no", Kind.REFERENCE, "批次号,录入批次,申请单号,终端批次号"),
        Column("created_at", Kind.MOMENT, "创建时间,创建日期时间,录入时间"),
        Column(
            "updated_at",
            Kind.MOMENT,
            "更新时间,最近更新时间,最近更新日期时间,修改时间,最近操作时间,update_time,last modified",
        ),
        Column("last_error", Kind.TEXT, "错误信息,最近错误,最近错误信息,报错信息,last error,error message"),
        Column("remark", Kind.TEXT, "备注,说明,note,notes,comment"),
    ),
)
