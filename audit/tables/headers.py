"""Names that several tables have for the same column: those of the ledger, which the other lists repeat."""

from __future__ import annotations

from audit.tables.model import made_of

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
    + ",dev_sn,pos serial number,设备唯一序列号,终端背贴SN,机身背贴SN,IMEI/SN,设备IMEI/SN,sn number,serial num,serial code,device serial no,terminal serial no,hardware serial number,"
    "hardware serial,unit serial number,unit serial,equipment serial number,machine sn,machine serial number"
    + ",eqp sn"
)
SERIAL_ALONE = (
    "机身背面SN,ser no,机具序号,设备识别号,设备识别号SN,机具身份号,机具唯一号,设备唯一号,终端唯一序列号,机具唯一序列号,新机序列号,新机SN,新SN,新机身号,新序列号,新SN号,新机身编号,变更后序列号,变更后SN,变更后机身号,更换后序列号,更换后SN,现SN,现序列号,现机序列号,现机SN,现终端序列号,现机具序列号,现设备序列号,现机身号,现终端SN,现机具SN,当前序列号,当前SN,当前终端序列号,当前机具序列号,新机具序列号,新机具SN,新设备序列号,新设备SN,新终端序列号,换后SN,换机后SN,换机后序列号,受理终端序列号,受理终端机具序列号,设备号,设备编号,设备编码,设备ID,设备标识,设备识别码,设备唯一编号,设备序号,机具编号,机具编码,机具号,机器编号,机器编码,终端设备号,终端硬件号,硬件号,"
    "终端唯一标识,终端序号,机身序号,机具唯一标识,设备唯一标识,"
    "机器码,设备码,机具码,设备条形码,机具条码,机具条形码,终端条码,终端条形码,出厂序号,机身条形码,设备条码,设备唯一码,机具身份码,设备身份码,终端物理编号,硬件编号,主机编号,装置序号,产品序号,终端设备序号,终端机序号,机号,device no,device number,machine no,machine number"
    # beside a terminal's they are another machine's
    + ","
    + made_of(
        "收款机,收银机,商户机具,扫码盒,扫码盒子,小白盒,刷脸设备,刷脸终端,盒子,云喇叭,音箱",
        "SN,SN号,SN码,序列号,机身号",
    )
)
TUSN_ALONE = "受理终端序列号"  # of the scheme, or of the maker where there is no other
TUSN_HEADERS = "21号文终端序列号,21号文序列号,唯一序列号TUSN,TUSN序列号,银联终端唯一序列号,TUSN号,终端唯一编码TUSN,TUSN码,TUSN编号,tusn no,银联TUSN,终端TUSN,唯一终端标识TUSN,终端唯一标识TUSN,银联终端唯一标识,受理终端唯一标识,受理终端唯一标识TUSN,银联终端序列号,终端21号文编号,21号文编号,设备tusn,银联终端序号"
TERMINAL_HEADERS = (
    "端末机代号,端末机号,终端号,终端编号,终端编码,受理终端编号,受理终端号,受理终端编码,POS终端号,POS终端编号,终端代码,银联终端号,虚拟终端号,收单终端号,绑定终端,tid,terminal no,"
    "POS编号,POS号,POS机编号,POS机号,card acceptor terminal id,card acceptor terminal identification,pos id,pos no,pos number,terminal identifier,logical terminal id,TID号,终端TID,银联TID,终端ID,POS终端代码,8位终端号,银联终端编号,商户终端号,商户终端编号,入网终端号,终端机号,终端机编号,terminal number,termno,termid,trmno,unique terminal id,terminal code"
)
# of a bank, beside others' numbers
TERMINAL_ALONE = "主应用终端号,主应用终端,内部终端号,内部终端编号,标准终端号,线下终端号,银联卡终端号,银行卡终端号,终端识别码TID"
CHANNEL_TERMINAL_HEADERS = "channel tid,通道TID,渠道TID,上游终端号,上游终端编号,SaaS终端编号,汇付终端号,通道终端号,渠道设备号,渠道设备编号,通道设备号,微信设备号,支付宝设备号,out device id,渠道返回终端号,渠道终端号,SaaS终端编号(PN),汇付机具号,微信终端号,支付宝终端号,outterminalno,devs_id,channel terminal no"
MERCHANT_HEADERS = (
    "商户号,商户编号,商户编码,商户代码,商户ID,特约商户编码,特约商户编号,特约商户号,银联商户号,收单商户号,所属商户号,所属商户编号,收银宝商户号,"
    "merchant number,mid,merchant id,merchant code,mchtid,mcht no,mch_id,mercid,cusid,card acceptor id,商编,所属商编,商户MID,"
    "特约商户代码,商编号,商户code,card acceptor identification code,"
    + made_of("收单,银联,入网,绑定,签约,所属,归属", "商户号,商户编号,商户编码,商户代码,商户号码")
    + ","
    + made_of("受理,当前,现,现用,关联,使用", "商户号,商户编号,商户编码")
    + ","
    + made_of("特约商店,特约店,特店", "编号,代号,代码,号")
    + ",15位商户号,商户号码,商户唯一编号,商户识别码,特约商户代号,特店代号,特店编号,商店代号,merid,merno"
    + ",商户SN,商户SN号,商家SN,商家编号,商家号,商家编码,商家ID,mch no,mchnt cd,mcht cd,merch no,merch id,merchant identifier,acquirer merchant id"
)
MERCHANT_ALONE = (
    "商户账号,主应用商户号,主应用商户,标准商户号,线下商户号,银联卡商户号,银行卡商户号,商户识别号,间联商户号,merchant account,merchant acct,merchant account no,merchant ref,merchant reference,client id,client no,customer no,customer number,商户唯一标识,商户统一编号,特店代码,商户账户号,MID号,商户No,merchant,特约商户,绑定商户,客户编号,客户号,商户标识,商户标识码,商户内码,内部商户号,内部商户编号,商户内部编号,主商户号,外部商户号,平台商户号,系统商户号,机构商户号,外部商户编号,"
    "平台商户编号,系统商户编号,机构商户编号"
)
MERCHANT_NAME_HEADERS = (
    "商户名称,商户名称/门头,商户全称,商户全名,商户名,特约商户名称,所属商户,经营名称,门头名称,注册名称,mcht name,dba name,merchant full name,"
    "商户注册名称,商户中文名称,商户中文名,商户主体名称,商户对外名称,商家名称,mch name,dba,trading name,merchant trading name,trading as,business name,legal business name,"
    "特约商店名称,商店名称,商户工商名称,商户对外经营名称,商户经营名称,商户中文全称,商户营业名称,商户执照名称,商户注册名,商户法定名,merchant legal name,签约名称,签约商户名称,商户法定名称,工商注册名称,工商登记名称,营业执照注册名称,特约商户全称,入网商户名称,特店名称,merchant nm"
    + ","
    + made_of("归属,绑定,所属,使用,装机,布放", "商户名称,商户全称")
    + ",商户登记名称,商户公司名称,商户单位名称,商户中文全名"
)
CHANNEL_MERCHANT_HEADERS = (
    "渠道商户号,微信子商户号,微信商户号,微信特约商户号,子商户号,支付宝子商户号,支付宝SMID,SMID,二级商户号,渠道子商户号,通道商户号,通道商户编号,通道子商户号,上游商户号,"
    "微信子商户,微信MCHID,wechat sub mchid,wechat mch id,sub_mch_id,sub mchid,channel_merch_no,submerchantno"
)
# a short name is better than none
MERCHANT_NAME_ALONE = "主应用商户名称,商户,企业名称,公司名称,单位名称,营业执照名称,客户,归属商户,使用商户,装机商户,布放商户,关联商户,签约商户,入网商户,customer name,company name,merchant dba,merchant display name,商户简称,商户主体,商户店名,merchant,特约商户"
MODEL_HEADERS = (
    "型号,机型,终端型号,设备型号,机具型号,POS机型号,POS型号,终端机型,终端机具体型号,终端产品型号,终端型号代码,device model,"
    "terminal model,hardware,terminal product type,dev_model_code,产品型号,机器型号,设备机型,机具机型,厂商型号,硬件型号,规格型号,品牌型号,"
    "model no,hw model,hardware model,device hw model,model name,model number,product model,POS机型,终端机型号,设备具体型号,型号规格,型号名称,机型名称,pos model,终端品牌型号,设备品牌型号,"
    + made_of("终端,设备,机具,产品,机器", "型号名称,具体型号,机型名称")
    + ",产品规格型号,终端规格型号,收款机型号,设备型号代码,产品机型,智能POS型号,智能终端型号,机型代码,机型型号"
)
VENDOR_HEADERS = (
    "厂商,厂家,供应商,供应商名称,厂商名称,厂家名称,生产厂商,生产厂家,生产企业,机具厂商,机具厂家,终端厂商,终端厂家,厂家编号,品牌,制造商,"
    "设备厂商,设备厂家,mfr,mfg,manufacturer,maker,make,brand,devicemanufacturer,supplier,vendor name,供货商,生产商,制造厂商,制造厂家,POS厂商,"
    "品牌厂商,供应商简称,manufacturer name,device make,terminal make,device brand,hardware vendor,device vendor,brand name,oem,"
    + made_of(
        "终端,设备,机具,机器,产品,POS,POS机",
        "厂商,厂家,生产厂商,生产厂家,生产企业,制造商,制造厂商,供应商,供应厂商,供货商,品牌,厂商名称,厂家名称",
    )
    + ",制造商名称,生产商名称,厂商简称,厂商全称,厂家简称,厂家全称,供应商全称,厂商名,厂牌,factory"
    + ",供货厂商,供货单位,制造单位,生产单位"
)
DEVICE_TYPE_HEADERS = (
    "终端类型,设备类型,机具类型,POS类型,受理终端类型,银联终端类型,终端设备类型,terminal type,device class,hardware type,pos type,device category,terminal category,form factor,"
    "受理终端种类,POS机种类,终端产品类型,设备分类,终端分类,机具分类,设备大类,终端种类,POS类别,POS机类别,设备形态,机具形态,设备种类,机具种类,终端形态,终端类别,设备类别,机具类别,机器类型,POS机类型,POS种类"
)
ACQUIRER_HEADERS = "收单机构代码,收单机构标识码,收单机构标识,收单行,收单行号,收单行代码,acq inst id,收单机构号,收单机构,受理机构代码,所属受理机构,acq_code,acquirer,acquirer id,institution code"
AGENT_HEADERS = (
    "归属代理,代理商,代理商名称,所属服务商,服务商,服务商名称,所属代理商,拓展机构,iso,reseller,reseller name,partner name,agent name,distributor name,"
    "代理商简称,服务商简称,渠道商,渠道商名称,合作机构,合作服务商,拓展方,拓展商,sp name,代理名称,所属代理,直属代理商,直属代理,直属服务商,一级代理商,服务商全称,归属服务商,归属代理商,代理机构,所属代理机构,外包服务商,收单外包服务商,外包服务机构,收单外包服务机构,外包机构,拓展服务商,维护服务商,维护商,agent name,iso name,isv,service provider,distributor,sales agent,partner"
)
STORE_NO_HEADERS = (
    "门店编号,门店号,门店代码,门店编码,网点编号,网点号,店铺编号,店铺号,store number,store code,store id,shop no,outlet no,"
    "门店ID,门店SN,门店SN号,门店code,店号,店铺ID,分店编号,分店号,门店代号,门市代号,shop id"
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
    "省,省份,省份/直辖市,省份（直辖市）,门店省份,门店所在省,布放地省份,省/直辖市/自治区,省级,所在省份,所属省份,所属省,所在省,终端所在省份,终端省份,安装省份,布放省份,安装省,布放省,商户省份,经营省份,省/直辖市,省/自治区,"
    "省/市/自治区,省/自治区/直辖市,province name,province/state,state,省份名称,省分,省别,所属省分,"
    + made_of("装机,安装,布放,终端,归属,经营,商户,商户所在,注册", "省,省份")
    + ",安装地省份,装机地省份,省级区域,落地省份"
)
CITY_HEADERS = (
    "市,城市,城市名,所属市,市/州,地市名称,门店城市,门店所在城市,地市,地级市,所在城市,所属城市,所属地市,所在地市,所在市,终端所在城市,安装城市,布放城市,经营城市,city name,城市名称,"
    + made_of("装机,安装,布放,终端,归属,经营,商户,商户所在,注册", "市,城市")
    + ",安装地城市,装机地城市,布放地城市,市级区域,落地城市"
)
COUNTY_HEADERS = "区县,区,县,县区,行政区,所属区县,所在区,所在县,区县名称,安装区县,布放区县,district name,所在区县,终端所在区县,district"
AREA_CODE_HEADERS = "所属地区编码,地区代码,行政区划代码,行政区划,终端位置地区编码,area_no"
PTS_EXPIRY_HEADERS = made_of(
    "PTS,PCI,PCI PTS,PTS认证,PCI认证,PTS证书,PCI证书",
    "到期日,到期日期,到期时间,有效期,有效期至,有效期止,失效日期,过期日期,截止日期, expiry, expiry date, expires, valid until",
)
# what only a list of single transactions has: the number of each, and what else is told of it
TRANSACTION_NUMBER_HEADERS = (
    "订单号,商户订单号,订单编号,交易订单号,支付订单号,平台订单号,交易单号,交易流水号,支付流水号,交易号,参考号,系统参考号,交易参考号,检索参考号,凭证号,"
    "流水号,交易流水,银联参考号,银联流水号,银联交易流水号,银商订单号,系统跟踪号,跟踪号,检索号,授权码,"
    "order no,order id,order number,trade no,out_trade_no,transaction id,transaction no,trace no,rrn"
)
TRANSACTION_HEADERS = (
    "交易时间,交易日期,支付时间,支付日期,订单时间,交易金额,支付金额,订单金额,实收金额,手续费,清算金额,结算金额,入账金额,交易类型,交易状态,支付状态,"
    "支付方式,支付类型,付款方式,卡号,交易卡号,卡类型,发卡行,发卡银行,发卡机构,清算时间,清算日期,清分日期,清分金额,净额,主账号,amount,fee,txn time,txn amount,transaction time,transaction date,transaction amount,"
    "transaction type,trade_state,pay time,payment method,card no,card type"
)
CERT_EXPIRY_HEADERS = (
    "证书有效期止,认证有效期止,入网证到期日,入网证到期日期,入网证有效期,certification valid until,certification expiry,证书有效截止日期,cert expire time,证书有效期,证书到期日,证书到期日期,证书有效期至,证书失效日期,认证有效期,认证到期日,入网认证有效期,cert expiry date,"
    "certificate expiry,certificate expires,"
    + made_of(
        "检测认证,许可证,证书,终端证书,设备证书,认证,认证证书,入网证书,产品认证,安全认证,检测证书,银联认证,终端认证,银联入网认证,银联卡受理终端认证,入网认证,入网许可证,入网许可,安全证书",
        "终止日期,终止日,期限至,截止,到期,有效期,有效期至,有效期截止,有效截止日,有效期限,有效日期,到期日,到期日期,到期时间,截止日期,失效日期,失效时间,过期日,过期日期,过期时间",
    )
    + ","
    + made_of(
        "cert, certificate",
        " expire, expire date, expires on, expiry date, expiration, expiration date, valid until, valid to, end date",
    )
    + ",certification expiry"
)
